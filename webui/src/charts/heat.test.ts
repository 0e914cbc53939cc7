import { expect, test } from 'vitest';
import {
  cellAt,
  FEW,
  grid,
  health,
  marked,
  SEQUENTIAL_STEPS,
  sequentialStep,
  surelyFailing,
  TROUBLE,
} from './heat.ts';

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
  expect(health(1_000, 0)).toBe('perfect');
  expect(health(1_000, 1)).toBe('good');
  expect(health(0, 0)).toBe('none');
});

test('fewer than ten requests are never trouble, whatever became of them', () => {
  for (let requests = 1; requests < FEW; requests += 1) {
    for (let failed = 1; failed <= requests; failed += 1) expect(health(requests, failed)).toBe('good');
  }
});

test('what two in a hundred failures leave to chance stays quiet, in a small sample and in a large one', () => {
  expect(health(10, 1)).toBe('good');
  expect(health(50, 3)).toBe('good');
  expect(health(100, 5)).toBe('good');
  expect(health(1_000, 20)).toBe('good');
});

test('trouble takes more failures the fewer requests there are', () => {
  expect(health(10, 3)).toBe('bad');
  expect(health(100, 8)).toBe('poor');
  expect(health(1_000, 50)).toBe('poor');
  expect(health(200, 40)).toBe('bad');
  expect(health(1_000, 250)).toBe('failing');
  expect(health(12, 12)).toBe('failing');
});

test('the bound never exceeds what was seen, and closes in on it with the sample', () => {
  expect(surelyFailing(0, 0)).toBe(0);
  let before = 0;
  for (const requests of [10, 100, 1_000, 10_000]) {
    const least = surelyFailing(requests, requests / 10);
    expect(least).toBeLessThan(0.1);
    expect(least).toBeGreaterThan(before);
    before = least;
  }
  expect(before).toBeGreaterThan(0.095);
  // Wilson's interval for 10 of 100 at 90%, two-sided, begins at 0.0607.
  expect(surelyFailing(100, 10)).toBeCloseTo(0.0607, 3);
});

test('every step of trouble carries a mark, no other does', () => {
  expect((['none', 'perfect', 'good'] as const).some(marked)).toBe(false);
  expect(TROUBLE.every(([step]) => marked(step))).toBe(true);
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
