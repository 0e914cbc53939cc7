import { expect, test } from 'vitest';
import { durationAxis, tickTexts, valueAxis } from './scale.ts';

test('an axis starts at zero and ends on a tick at or above the greatest value', () => {
  for (const maximum of [1, 7, 47.11e9, 999_999, 1e15, 3.2e-5]) {
    const { scale, ticks } = valueAxis(maximum, 240, 'money');
    expect(ticks[0]).toBe(0);
    expect(ticks.at(-1)).toBeGreaterThanOrEqual(maximum * (1 - 1e-9));
    expect(ticks.length).toBeGreaterThanOrEqual(2);
    expect(ticks.length).toBeLessThanOrEqual(12);
    expect(scale(0)).toBe(240);
    expect(scale(ticks.at(-1) ?? 0)).toBe(0);
  }
});

test('a value that lies on a tick does not add another', () => {
  expect(valueAxis(50, 240, 'count').ticks.at(-1)).toBe(50);
});

test('counts have no tick between two whole numbers', () => {
  expect(valueAxis(1, 240, 'count').ticks).toEqual([0, 1]);
  expect(valueAxis(3, 240, 'count').ticks).toEqual([0, 1, 2, 3]);
});

test('durations are cut into seconds, minutes and hours', () => {
  expect(valueAxis(90_000, 200, 'duration').ticks).toEqual([0, 30_000, 60_000, 90_000]);
  expect(valueAxis(18_000, 240, 'duration').ticks).toEqual([0, 5_000, 10_000, 15_000, 20_000]);
  expect(valueAxis(400 * 3_600_000, 240, 'duration').ticks.length).toBeLessThanOrEqual(12);
});

test('a rate never passes one', () => {
  expect(valueAxis(1, 240, 'rate').ticks.at(-1)).toBe(1);
  expect(valueAxis(0.98, 240, 'rate').ticks.at(-1)).toBe(1);
});

test('nothing to draw still has an axis', () => {
  for (const quantity of ['count', 'money', 'duration', 'rate'] as const) {
    for (const maximum of [0, Number.NaN, Number.NEGATIVE_INFINITY]) {
      expect(valueAxis(maximum, 200, quantity).ticks.length).toBeGreaterThanOrEqual(2);
    }
  }
});

test('cents are written only where a tick has some', () => {
  const text = (value: number): string => `$${value.toFixed(value === 0 ? 0 : 2)}`;
  expect(tickTexts([0, 50, 100], text)).toEqual(['$0', '$50', '$100']);
  expect(tickTexts([0, 0.5, 1], text)).toEqual(['$0', '$0.50', '$1.00']);
});

test('times that are far apart are read on a logarithmic axis, others from zero', () => {
  const far = durationAxis([800, 4_000, 62_000], 240);
  expect(far.ticks[0]).toBe(500);
  expect(far.ticks.at(-1)).toBe(120_000);
  expect(far.scale(500)).toBe(240);
  expect(far.scale(120_000)).toBe(0);
  expect(far.scale(0)).toBe(240);
  const [low, middle, high] = [far.scale(1_000), far.scale(2_000), far.scale(4_000)];
  expect(low - middle).toBeCloseTo(middle - high, 6);
  for (const [index, tick] of far.ticks.slice(1).entries())
    expect(far.scale(far.ticks[index] ?? 0) - far.scale(tick)).toBeGreaterThan(20);
  expect(durationAxis([4_000, 9_000], 240).ticks[0]).toBe(0);
  expect(durationAxis([], 240).ticks[0]).toBe(0);
});
