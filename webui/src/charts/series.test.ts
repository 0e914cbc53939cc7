import { expect, test } from 'vitest';
import { merged, type Series, sum, tooltipRows, totals, whole } from './series.ts';

const series = (id: string, values: (number | null)[]): Series => ({ id, label: id, color: 'red', values });

test('a sum of nothing known is unknown, not zero', () => {
  expect(sum([null, null])).toBeNull();
  expect(sum([null, 0])).toBe(0);
  expect(sum([1, null, 2])).toBe(3);
});

test('totals keep gaps where no series knows anything', () => {
  expect(totals([series('a', [1, null]), series('b', [2, null])], 2)).toEqual([3, null]);
});

test('a figure of the whole period may differ from the sum of its buckets', () => {
  expect(whole(series('a', [1, 2]))).toBe(3);
  expect(whole({ ...series('a', [1, 2]), whole: 1.5 })).toBe(1.5);
  expect(whole({ ...series('a', [1, 2]), whole: null })).toBeNull();
});

test('tooltip rows are sorted by value and leave out what has nothing there', () => {
  const rows = tooltipRows(
    [series('a', [1]), series('b', [3]), series('c', [0]), series('d', [null])],
    0,
    true,
  );
  expect(rows.map((row) => [row.id, row.share])).toEqual([
    ['b', 0.75],
    ['a', 0.25],
  ]);
});

test('values that do not add up have no share, and a zero among them is a value', () => {
  const rows = tooltipRows([series('p50', [0]), series('p95', [9])], 0, false);
  expect(rows.map((row) => [row.id, row.share])).toEqual([
    ['p95', null],
    ['p50', null],
  ]);
});

test('a stretch of buckets reads like one bucket', () => {
  const [one] = merged([series('a', [1, null, 2, 4])], 1, 2);
  expect(one?.values).toEqual([2]);
  expect(merged([series('b', [null, null])], 0, 1)[0]?.values).toEqual([null]);
});
