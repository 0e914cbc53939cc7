import { afterEach, expect, test } from 'vitest';
import { learnZone } from '~/api/zone.svelte.ts';
import { lastHour, maximumFor, meanOfAll, meanRow, means, peaks } from './heat_cells.ts';

const sums = {
  cells: [
    [8, null, 6],
    [4, 0, 2],
  ],
  hours: [
    [4, 0, 3],
    [1, 2, 1],
  ],
};

afterEach(() => {
  learnZone('UTC');
});

test('a cell of a sum is the mean of its hours, and unknown before one has passed', () => {
  expect(means(sums, true)).toEqual([
    [2, null, 2],
    [4, 0, 2],
  ]);
  expect(means(sums, false)).toEqual(sums.cells);
});

test('joined hours are the mean of all of them', () => {
  expect(means(sums, true, 2)).toEqual([
    [2, 2],
    [4 / 3, 2],
  ]);
});

test('rows together weigh by their hours', () => {
  expect(meanRow(sums, [0, 1])).toEqual([12 / 5, 0, 2]);
  expect(meanOfAll(sums)).toBeCloseTo(20 / 11);
});

test('a cell is compared with all, its row or its column', () => {
  const cells = means(sums, true);
  expect(maximumFor(cells, 'absolute', 0, 0)).toBe(4);
  expect(maximumFor(cells, 'row', 0, 0)).toBe(2);
  expect(maximumFor(cells, 'column', 2, 0)).toBe(2);
});

test('the greatest cells come first, nothing is no peak', () => {
  expect(peaks(means(sums, true), 9).map(({ value }) => value)).toEqual([4, 2, 2, 2]);
});

test('the last hour of a week lies in the zone of the server', () => {
  learnZone('Asia/Kolkata');
  const until = Date.parse('2026-11-26T12:00:00+05:30'); // a Thursday
  expect(lastHour(4, 11, until)).toEqual({
    from: '2026-11-26T05:30:00.000Z',
    to: '2026-11-26T06:30:00.000Z',
  });
  expect(lastHour(4, 12, until)).toEqual({
    from: '2026-11-19T06:30:00.000Z',
    to: '2026-11-19T07:30:00.000Z',
  });
});
