import { expect, test } from 'vitest';
import type { Heatmap, Timeseries } from '~/api/types.ts';
import { calendarGrid, gridShape, hourGrid, lengthOf, sliceGrid } from './health.ts';

const heatmap = (days: string[], from: string, elapsed: number, zone = 'Asia/Shanghai'): Heatmap =>
  ({
    selection: { from, to: '2027-01-01T00:00:00+08:00', elapsed_seconds: elapsed, zone, filters: {} },
    x: Array.from({ length: 24 }, (_, hour) => hour),
    y: days,
    cells: days.map(() =>
      Array.from({ length: 24 }, (_, hour) => (hour === 3 ? 0.9 : hour === 4 ? null : 1)),
    ),
    requests: days.map(() => Array.from({ length: 24 }, (_, hour) => (hour === 4 ? 0 : 10))),
  }) as unknown as Heatmap;

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
  const grid = hourGrid(heatmap(['2026-11-20'], '2026-11-20T00:00:00+08:00', 86_400));
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
  const grid = hourGrid(heatmap(['2026-11-20'], '2026-11-20T05:30:00+08:00', 3 * 3_600));
  expect(grid.at(4, 0)).toBeNull();
  expect(grid.at(5, 0)).not.toBeNull();
  expect(grid.at(8, 0)).not.toBeNull();
  expect(grid.at(9, 0)).toBeNull();
});

test('an hour that the clock repeats is one cell of two hours', () => {
  const grid = hourGrid(heatmap(['2026-11-01'], '2026-11-01T00:00:00-04:00', 90_000, 'America/New_York'));
  expect(grid.at(1, 0)).toMatchObject({ from: '2026-11-01T01:00:00-04:00', to: '2026-11-01T02:00:00-05:00' });
});

test('an hour that the clock skips is no cell, and those beside it meet', () => {
  const grid = hourGrid(heatmap(['2026-03-08'], '2026-03-08T00:00:00-05:00', 90_000, 'America/New_York'));
  expect(grid.at(1, 0)).toMatchObject({ from: '2026-03-08T01:00:00-05:00', to: '2026-03-08T03:00:00-04:00' });
  expect(grid.at(2, 0)).toBeNull();
  expect(grid.at(3, 0)).toMatchObject({ from: '2026-03-08T03:00:00-04:00', to: '2026-03-08T04:00:00-04:00' });
  expect(grid.at(23, 0)?.to).toBe('2026-03-09T00:00:00-04:00');
});

test('two weeks are read as a diary, more as a carpet', () => {
  const days = Array.from({ length: 15 }, (_, day) => `2026-11-${String(day + 1).padStart(2, '0')}`);
  expect(hourGrid(heatmap(days.slice(0, 14), '2026-11-01T00:00:00+08:00', 1e7))).toMatchObject({
    layout: 'diary',
    rows: 14,
    columns: 24,
  });
  const carpet = hourGrid(heatmap(days, '2026-11-01T00:00:00+08:00', 1e7));
  expect(carpet).toMatchObject({ layout: 'carpet', rows: 24, columns: 15 });
  expect(carpet.at(14, 3)?.from).toBe('2026-11-15T03:00:00+08:00');
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
  expect(gridShape({ preset: '15m' })).toBe('minutes');
  expect(gridShape({ preset: '24h' })).toBe('minutes');
  expect(gridShape({ preset: 'today' })).toBe('minutes');
  expect(gridShape({ preset: '7d' })).toBe('hours');
  expect(gridShape({ preset: '90d' })).toBe('hours');
  expect(gridShape({ preset: '365d' })).toBe('days');
  expect(gridShape({ preset: 'all' })).toBe('days');
  expect(gridShape({ from: '2026-11-01', to: '2026-11-03' })).toBe('hours');
  expect(lengthOf({ preset: 'all' })).toBeNull();
});
