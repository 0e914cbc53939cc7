import { expect, test } from 'vitest';
import { addDays, instantOf, rfc3339 } from '~/view/calendar.ts';
import { bucketName, type Granularity, timeTicks } from './timeaxis.ts';

const HOUR = 3_600_000;
const hours = (from: string, count: number, zone: string): string[] => {
  const start = Date.parse(from);
  return Array.from({ length: count }, (_, index) => rfc3339(start + index * HOUR, zone));
};
const days = (from: string, count: number, zone: string): string[] =>
  Array.from({ length: count }, (_, index) => rfc3339(instantOf(addDays(from, index), zone), zone));
const labels = (buckets: string[], granularity: Granularity, step: number, locale = 'en'): string[] =>
  timeTicks(buckets, granularity, step, locale).map((tick) => tick.label);

test('seven days of hours are labelled by the day', () => {
  const week = hours('2026-11-18T00:00:00+08:00', 168, 'Asia/Shanghai');
  expect(labels(week, 'hour', 6)).toEqual([
    'Wed 18',
    'Thu 19',
    'Fri 20',
    'Sat 21',
    'Sun 22',
    'Mon 23',
    'Tue 24',
  ]);
});

test('a day of hours is labelled by hours, and midnight by the day that begins', () => {
  const rolling = hours('2026-11-18T15:00:00+08:00', 24, 'Asia/Shanghai');
  expect(labels(rolling, 'hour', 30)).toEqual([
    '15:00',
    '18:00',
    '21:00',
    'Thu 19',
    '03:00',
    '06:00',
    '09:00',
    '12:00',
  ]);
});

test('a day of 25 hours keeps one label a day', () => {
  const autumn = hours('2026-10-31T00:00:00-04:00', 73, 'America/New_York');
  expect(labels(autumn, 'hour', 6)).toEqual(['Sat 31', 'Sun 1', 'Mon 2']);
});

test('a zone where midnight is skipped still has a label for that day', () => {
  const spring = hours('2026-09-05T00:00:00-04:00', 47, 'America/Santiago');
  expect(labels(spring, 'hour', 6)).toEqual(['Sat 5', '12:00', 'Sun 6', '12:00']);
});

test('labels never touch', () => {
  for (const [count, width] of [
    [7, 300],
    [30, 900],
    [90, 320],
    [365, 1_100],
    [1_000, 300],
  ] as const) {
    const buckets = days('2026-01-01', count, 'Asia/Shanghai');
    const step = width / count;
    const ticks = timeTicks(buckets, 'day', step, 'en');
    expect(ticks.length).toBeGreaterThan(0);
    ticks.slice(1).forEach((tick, index) => {
      expect((tick.bucket - (ticks[index]?.bucket ?? 0)) * step).toBeGreaterThanOrEqual(64);
    });
  }
});

test('long ranges are labelled by months and name the year where it changes', () => {
  const year = days('2025-10-01', 180, 'UTC');
  expect(labels(year, 'day', 4)).toEqual(['Oct 2025', 'Nov', 'Dec', 'Jan 2026', 'Feb', 'Mar']);
});

test('labels are written in the language of the page', () => {
  const week = days('2026-11-18', 2, 'Asia/Shanghai');
  expect(labels(week, 'day', 100, 'zh-CN')).toEqual(['11/18 周三', '11/19 周四']);
});

test.each([
  ['2026-11-20T12:00:00+08:00', 'hour', 'Fri 20 Nov, 12:00 – 13:00'],
  ['2026-11-20T23:00:00+08:00', 'hour', 'Fri 20 Nov, 23:00 – 00:00'],
  ['2026-11-20T12:07:00+08:00', 'minute', 'Fri 20 Nov, 12:07'],
  ['2026-11-20T00:00:00+08:00', 'day', 'Fri 20 Nov'],
  ['2026-11-16T00:00:00+08:00', 'week', '16 – 22 Nov'],
  ['2026-11-01T00:00:00+08:00', 'month', 'November 2026'],
] as const)('the %s bucket of one %s is called "%s"', (start, granularity, name) => {
  expect(bucketName(start, granularity, 'en').replaceAll(/\u2009/g, ' ')).toBe(name);
});
