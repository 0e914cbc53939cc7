import { expect, test } from 'vitest';
import { change, previousTotals, type Series, sum, tooltipRows, totals, whole } from './series.ts';

const series = (id: string, values: (number | null)[], previous?: (number | null)[]): Series => ({
  id,
  label: id,
  color: 'red',
  values,
  ...(previous ? { previous } : {}),
});

test('a sum of nothing known is unknown, not zero', () => {
  expect(sum([null, null])).toBeNull();
  expect(sum([null, 0])).toBe(0);
  expect(sum([1, null, 2])).toBe(3);
});

test('totals keep gaps where no series knows anything', () => {
  expect(totals([series('a', [1, null]), series('b', [2, null])], 2)).toEqual([3, null]);
});

test('there are no previous totals when nothing was compared', () => {
  expect(previousTotals([series('a', [1])], 1)).toBeNull();
  expect(previousTotals([series('a', [1], [4]), series('b', [1])], 1)).toEqual([4]);
});

test('a figure of the whole period may differ from the sum of its buckets', () => {
  expect(whole(series('a', [1, 2]))).toBe(3);
  expect(whole({ ...series('a', [1, 2]), whole: 1.5 })).toBe(1.5);
  expect(whole({ ...series('a', [1, 2]), whole: null })).toBeNull();
});

test('change is unknown when there was nothing before', () => {
  expect(change(5, 0)).toBeNull();
  expect(change(5, null)).toBeNull();
  expect(change(null, 5)).toBeNull();
  expect(change(3, 2)).toBe(0.5);
  expect(change(0, 2)).toBe(-1);
});

test('tooltip rows are sorted by value and leave out what has nothing there', () => {
  const rows = tooltipRows(
    [series('a', [1], [2]), series('b', [3]), series('c', [0]), series('d', [null])],
    0,
    true,
  );
  expect(rows.map((row) => [row.id, row.share, row.change])).toEqual([
    ['b', 0.75, null],
    ['a', 0.25, -0.5],
  ]);
});

test('values that do not add up have no share, and a zero among them is a value', () => {
  const rows = tooltipRows([series('p50', [0]), series('p95', [9])], 0, false);
  expect(rows.map((row) => [row.id, row.share])).toEqual([
    ['p95', null],
    ['p50', null],
  ]);
});
