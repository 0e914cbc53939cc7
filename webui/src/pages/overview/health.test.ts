import { expect, test } from 'vitest';
import type { Timeseries } from '~/api/types.ts';
import { lengthOf } from '~/figures/range_length.ts';
import { rfc3339 } from '~/view/calendar.ts';
import { calendarGrid, gridShape, hourGrid, quarterGrid, sliceGrid } from './health.ts';

/** Every hour from one instant to another, ten requests in each of which one failed at three o'clock. */
const hourly = (from: string, to: string, zone: string, elapsed = 1e9): Timeseries => {
  const buckets: string[] = [];
  for (let at = Date.parse(from); at < Date.parse(to); at += 3_600_000) buckets.push(rfc3339(at, zone));
  const hour = (start: string): number => Number(start.slice(11, 13));
  const requests = buckets.map((start) => (hour(start) === 4 ? 0 : 10));
  const succeeded = buckets.map((start) => (hour(start) === 4 ? 0 : hour(start) === 3 ? 9 : 10));
  return { ...series(buckets, to, requests, succeeded, elapsed), granularity: 'hour' };
};

const series = (
  buckets: string[],
  to: string,
  requests: number[],
  succeeded: number[],
  elapsed = 1e9,
): Timeseries =>
  ({
    selection: { from: buckets[0], to, elapsed_seconds: elapsed, zone: 'Asia/Shanghai', filters: {} },
    granularity: 'minute',
    buckets,
    series: [{ group: null, metrics: { requests, succeeded } }],
  }) as unknown as Timeseries;

test('a cell of an hour knows its requests, its failures and the time it covers', () => {
  const grid = hourGrid(hourly('2026-11-20T00:00:00+08:00', '2026-11-21T00:00:00+08:00', 'Asia/Shanghai'));
  expect(grid).toMatchObject({ layout: 'diary', columns: 24, rows: 1 });
  expect(grid.at(3, 0)).toEqual({
    from: '2026-11-20T03:00:00+08:00',
    to: '2026-11-20T04:00:00+08:00',
    requests: 10,
    failed: 1,
    rate: 0.9,
  });
  expect(grid.at(4, 0)).toMatchObject({ requests: 0, failed: 0, rate: null });
  expect(grid.at(23, 0)?.to).toBe('2026-11-21T00:00:00+08:00');
});

test('hours before the selection and hours to come are no cells', () => {
  const grid = hourGrid(
    hourly('2026-11-20T05:00:00+08:00', '2026-11-21T00:00:00+08:00', 'Asia/Shanghai', 3.5 * 3_600),
  );
  expect(grid.at(4, 0)).toBeNull();
  expect(grid.at(5, 0)).not.toBeNull();
  expect(grid.at(8, 0)).not.toBeNull();
  expect(grid.at(9, 0)).toBeNull();
});

test('a day of twenty-five hours has twenty-five cells, the repeated hour beside itself', () => {
  const grid = hourGrid(hourly('2026-10-31T00:00:00-04:00', '2026-11-03T00:00:00-05:00', 'America/New_York'));
  expect(grid).toMatchObject({ columns: 25, rows: 3 });
  const cells = (row: number) => Array.from({ length: 25 }, (_, column) => grid.at(column, row));
  expect(cells(1).filter((cell) => cell !== null)).toHaveLength(25);
  expect(cells(0).filter((cell) => cell !== null)).toHaveLength(24);
  expect(cells(1).slice(1, 4)).toMatchObject([
    { from: '2026-11-01T01:00:00-04:00', to: '2026-11-01T01:00:00-05:00' },
    { from: '2026-11-01T01:00:00-05:00', to: '2026-11-01T02:00:00-05:00' },
    { from: '2026-11-01T02:00:00-05:00' },
  ]);
  expect(cells(0)[2]).toBeNull();
});

test('an hour that the clock skips is no cell, and those beside it meet', () => {
  const grid = hourGrid(hourly('2026-03-08T00:00:00-05:00', '2026-03-09T00:00:00-04:00', 'America/New_York'));
  expect(grid.at(1, 0)).toMatchObject({ from: '2026-03-08T01:00:00-05:00', to: '2026-03-08T03:00:00-04:00' });
  expect(grid.at(2, 0)).toBeNull();
  expect(grid.at(23, 0)?.to).toBe('2026-03-09T00:00:00-04:00');
});

test('two weeks are read as a diary, more as a carpet', () => {
  const zone = 'Asia/Shanghai';
  expect(hourGrid(hourly('2026-11-01T00:00:00+08:00', '2026-11-15T00:00:00+08:00', zone))).toMatchObject({
    layout: 'diary',
    rows: 14,
    columns: 24,
  });
  const carpet = hourGrid(hourly('2026-11-01T00:00:00+08:00', '2026-11-16T00:00:00+08:00', zone));
  expect(carpet).toMatchObject({ layout: 'carpet', rows: 24, columns: 15 });
  expect(carpet.at(14, 3)?.from).toBe('2026-11-15T03:00:00+08:00');
});

/** A minute a bucket, one request in each. */
const minutely = (from: string, to: string, zone: string, elapsed = 1e9): Timeseries => {
  const buckets: string[] = [];
  for (let at = Date.parse(from); at < Date.parse(to); at += 60_000) buckets.push(rfc3339(at, zone));
  const ones = buckets.map(() => 1);
  return series(buckets, to, ones, ones, elapsed);
};

test('a day is columns of hours in quarters, so that a cell is large enough to be seen', () => {
  const grid = quarterGrid(
    minutely('2026-11-20T00:00:00+08:00', '2026-11-21T00:00:00+08:00', 'Asia/Shanghai', 36_000),
  );
  expect(grid).toMatchObject({ layout: 'quarters', columns: 24, rows: 4 });
  expect(grid.at(3, 1)).toMatchObject({
    from: '2026-11-20T03:15:00+08:00',
    to: '2026-11-20T03:30:00+08:00',
    requests: 15,
  });
  expect(grid.at(9, 3)).not.toBeNull();
  expect(grid.at(10, 0)).toBeNull();
});

test('an hour that the clock repeats is two columns of quarters', () => {
  const grid = quarterGrid(
    minutely('2026-11-01T00:00:00-04:00', '2026-11-02T00:00:00-05:00', 'America/New_York'),
  );
  expect(grid.columns).toBe(25);
  expect(grid.at(1, 0)?.from).toBe('2026-11-01T01:00:00-04:00');
  expect(grid.at(2, 0)?.from).toBe('2026-11-01T01:00:00-05:00');
  expect(grid.at(1, 0)?.requests).toBe(15);
});

test('five minutes are one cell, at the place where the clock shows them', () => {
  const minutes = [
    '2026-11-20T09:58:00+08:00',
    '2026-11-20T09:59:00+08:00',
    '2026-11-20T10:00:00+08:00',
    '2026-11-20T10:01:00+08:00',
  ];
  const grid = sliceGrid(series(minutes, '2026-11-20T10:01:30+08:00', [1, 2, 3, 4], [1, 1, 3, 3]));
  expect(grid).toMatchObject({ layout: 'slices', columns: 12, rows: 2 });
  expect(grid.at(11, 0)).toMatchObject({
    from: '2026-11-20T09:58:00+08:00',
    to: '2026-11-20T10:00:00+08:00',
    requests: 3,
    failed: 1,
  });
  expect(grid.at(0, 1)).toMatchObject({ to: '2026-11-20T10:01:30+08:00', requests: 7, failed: 1 });
  expect(grid.at(0, 0)).toBeNull();
});

test('what is still to come is no cell', () => {
  const minutes = ['2026-11-20T09:00:00+08:00', '2026-11-20T09:05:00+08:00'];
  const grid = sliceGrid(series(minutes, '2026-11-20T09:10:00+08:00', [1, 0], [1, 0], 120));
  expect(grid.at(0, 0)).not.toBeNull();
  expect(grid.at(1, 0)).toBeNull();
});

test('a calendar has Monday on top and no days outside the period', () => {
  const days = Array.from(
    { length: 9 },
    (_, day) => `2026-11-${String(day + 18).padStart(2, '0')}T00:00:00+08:00`,
  );
  const grid = calendarGrid(
    series(
      days,
      '2026-11-27T00:00:00+08:00',
      days.map(() => 2),
      days.map(() => 1),
    ),
  );
  expect(grid).toMatchObject({ layout: 'calendar', columns: 2, rows: 7 });
  // 18 November 2026 is a Wednesday.
  expect(grid.at(0, 2)).toMatchObject({ from: days[0], rate: 0.5 });
  expect(grid.at(0, 1)).toBeNull();
  expect(grid.at(1, 3)).toMatchObject({ to: '2026-11-27T00:00:00+08:00' });
  expect(grid.at(1, 4)).toBeNull();
});

test('the question follows the length of the range', () => {
  expect(gridShape({ preset: '15m' })).toBe('slices');
  expect(gridShape({ preset: '6h' })).toBe('slices');
  expect(gridShape({ preset: '12h' })).toBe('quarters');
  expect(gridShape({ preset: '24h' })).toBe('quarters');
  expect(gridShape({ preset: 'today' })).toBe('quarters');
  expect(gridShape({ from: '2026-11-01T00:00:00-04:00', to: '2026-11-02T00:00:00-05:00' })).toBe('quarters');
  expect(gridShape({ preset: '7d' })).toBe('hours');
  expect(gridShape({ preset: '90d' })).toBe('hours');
  expect(gridShape({ preset: '365d' })).toBe('days');
  expect(gridShape({ preset: 'all' })).toBe('days');
  expect(gridShape({ from: '2026-11-01', to: '2026-11-03' })).toBe('hours');
  expect(lengthOf({ preset: 'all' })).toBeNull();
});
