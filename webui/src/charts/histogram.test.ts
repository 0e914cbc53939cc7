import { expect, test } from 'vitest';
import { bins, trimmed } from './histogram.ts';

test('bins know their ends and what lies below them', () => {
  expect(bins([100, 200], [1, 2, 1])).toEqual([
    { lower: 0, upper: 100, count: 1, upTo: 0.25 },
    { lower: 100, upper: 200, count: 2, upTo: 0.75 },
    { lower: 200, upper: null, count: 1, upTo: 1 },
  ]);
});

test('empty ends are cut but for one bin, so that the shape stands free', () => {
  const all = bins([1, 2, 3, 4, 5, 6], [0, 0, 5, 1, 0, 0]);
  expect(trimmed(all).map((bin) => bin.upper)).toEqual([2, 3, 4, 5]);
  expect(trimmed(bins([1, 2], [0, 0]))).toEqual([]);
});
