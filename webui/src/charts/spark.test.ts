import { expect, test } from 'vitest';
import { sparkPath } from './spark.ts';

test('a flat series lies at the top when it counts from zero and in the middle when it does not', () => {
  expect(sparkPath([5, 5], 100, 20, true).line).toBe('M0 0L100 0');
  expect(sparkPath([5, 5], 100, 20, false).line).toBe('M0 10L100 10');
});

test('nothing but zeros lies on the ground', () => {
  expect(sparkPath([0, 0], 100, 20, true).line).toBe('M0 20L100 20');
});

test('a tiny wobble of a rate is not drawn as a storm', () => {
  const { line } = sparkPath([0.99, 0.991], 100, 20, false);
  const heights = [...line.matchAll(/ ([\d.]+)/g)].map((match) => Number(match[1]));
  expect(Math.abs((heights[0] ?? 0) - (heights[1] ?? 0))).toBeLessThan(3);
});

test('unknown values break line and area', () => {
  const path = sparkPath([1, 2, null, 3], 90, 10, true);
  expect(path.line.match(/M/g)).toHaveLength(2);
  expect(path.area.match(/z/g)).toHaveLength(2);
  expect(path.end).toEqual([90, 0]);
});

test('a single known value is the shortest of lines', () => {
  expect(sparkPath([null, null, 4], 90, 10, true).line).toBe('M90 0h-1');
  expect(sparkPath([4, null, null], 90, 10, true).line).toBe('M0 0h1');
});

test('too little to draw draws nothing', () => {
  expect(sparkPath([], 90, 10, true).line).toBe('');
  expect(sparkPath([3], 90, 10, true).line).toBe('');
  expect(sparkPath([null, null], 90, 10, true)).toEqual({ line: '', area: '', end: null });
});
