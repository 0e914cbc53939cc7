import { expect, test } from 'vitest';
import { cellAt, grid, health, marked, SEQUENTIAL_STEPS, sequentialStep } from './heat.ts';

test('nothing is empty, and the least of something is not', () => {
  expect(sequentialStep(0, 100)).toBe(0);
  expect(sequentialStep(null, 100)).toBe(0);
  expect(sequentialStep(1e-9, 100)).toBe(1);
  expect(sequentialStep(100, 100)).toBe(SEQUENTIAL_STEPS);
  expect(sequentialStep(5, 0)).toBe(0);
});

test('more is never a paler step', () => {
  const steps = Array.from({ length: 101 }, (_, value) => sequentialStep(value, 100));
  expect(steps).toEqual([...steps].sort((left, right) => left - right));
});

test('one failure in a thousand is not perfect, and no requests are not failing', () => {
  expect(health(1)).toBe('perfect');
  expect(health(0.999)).toBe('good');
  expect(health(0.98)).toBe('fair');
  expect(health(0.9)).toBe('poor');
  expect(health(0.8)).toBe('bad');
  expect(health(0)).toBe('failing');
  expect(health(null)).toBe('none');
});

test('every step of trouble carries a mark, no other does', () => {
  expect((['none', 'perfect', 'good', 'fair'] as const).some(marked)).toBe(false);
  expect((['poor', 'bad', 'failing'] as const).every(marked)).toBe(true);
});

test('few cells do not become walls', () => {
  expect(grid(3, 7, 520, 20).cellWidth).toBeLessThanOrEqual(40);
});

test('a grid fills its width and finds the cell under a point', () => {
  for (const columns of [14, 24, 53, 92, 200]) {
    const layout = grid(columns, 7, 520, 20);
    expect(columns * (layout.cellWidth + layout.gap) - layout.gap).toBeLessThanOrEqual(520.001);
    expect(cellAt(layout, 0.5, 0.5)).toEqual([0, 0]);
    expect(cellAt(layout, 519, layout.height - 0.1)).toEqual([columns - 1, 6]);
    expect(cellAt(layout, -1, 0)).toBeNull();
    expect(cellAt(layout, 10, layout.height + 10)).toBeNull();
  }
});
