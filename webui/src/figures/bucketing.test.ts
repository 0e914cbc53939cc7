import { describe, expect, it } from 'vitest';
import type { Timeseries } from '~/api/types.ts';
import { bands } from '~/charts/bands.ts';
import { rfc3339 } from '~/view/calendar.ts';
import { joined, plotWidth, sourceFor, stepFor, stepsFor, THINNEST } from './bucketing.ts';
import { DAY, HOUR, MINUTE } from './range_length.ts';

const SCREENS = [320, 390, 768, 1024, 1280, 1440, 1920, 2560];
const RANGES = [
  15 * MINUTE,
  HOUR,
  4 * HOUR,
  12 * HOUR,
  DAY,
  7 * DAY,
  14 * DAY,
  31 * DAY,
  92 * DAY,
  365 * DAY,
  1500 * DAY,
];

/** One request and ten dollars in every bucket. */
function answer(from: string, to: string, step: number, zone: string, granularity: string): Timeseries {
  const buckets: string[] = [];
  for (let at = Date.parse(from); at < Date.parse(to); at += step) buckets.push(rfc3339(at, zone));
  const ones = buckets.map(() => 1);
  return {
    selection: { from, to, elapsed_seconds: 1e9, zone, filters: {} },
    granularity,
    buckets,
    partial: [buckets.length - 1],
    series: [{ group: null, metrics: { requests: ones } }],
    compare: { from, to, buckets, metrics: { requests: ones.map((_, index) => (index === 0 ? null : 2)) } },
  } as unknown as Timeseries;
}

describe('the steps of a range', () => {
  it('never give bars that are too thin to see', () => {
    for (const screen of SCREENS)
      for (const length of RANGES)
        for (const step of stepsFor(length, plotWidth(screen), true)) {
          const size = {
            minute: MINUTE,
            '5m': 5 * MINUTE,
            '15m': 15 * MINUTE,
            hour: HOUR,
            '6h': 6 * HOUR,
            day: DAY,
            week: 7 * DAY,
            month: 30 * DAY,
          }[step];
          expect(
            bands(Math.ceil(length / size), plotWidth(screen)).bar,
            `${length / HOUR} h by ${step} on ${screen}`,
          ).toBeGreaterThanOrEqual(THINNEST);
        }
  });

  it('are six hours or a day for a week, an hour when it is looked at closely', () => {
    const wide = plotWidth(1440);
    expect(stepsFor(7 * DAY, wide, true)).toEqual(['6h', 'day']);
    expect(stepFor(7 * DAY, wide, true, 'auto')).toBe('6h');
    expect(stepFor(7 * DAY, wide, true, 'day')).toBe('day');
    expect(stepFor(2 * DAY, wide, true, 'auto')).toBe('hour');
    expect(stepFor(DAY, wide, true, 'auto')).toBe('hour');
    expect(stepFor(HOUR, wide, true, 'auto')).toBe('minute');
    expect(stepFor(90 * DAY, wide, true, 'auto')).toBe('day');
  });

  it('are longer on a phone', () => {
    const narrow = plotWidth(390);
    expect(stepFor(7 * DAY, narrow, true, 'auto')).toBe('6h');
    expect(stepFor(HOUR, narrow, true, 'auto')).toBe('5m');
    expect(stepFor(90 * DAY, narrow, true, 'auto')).toBe('week');
  });

  it('answer an address that asks for thinner ones with what can be seen', () => {
    expect(stepFor(7 * DAY, plotWidth(1440), true, 'hour')).toBe('6h');
    expect(sourceFor({ preset: '7d' }, plotWidth(1440), true, 'minute')).toBe('hour');
  });

  it('are those of the API for percentiles, which cannot be joined', () => {
    expect(stepsFor(7 * DAY, plotWidth(1440), false)).toEqual(['hour', 'day']);
    expect(sourceFor({ preset: '7d' }, plotWidth(1440), false, 'auto')).toBe('day');
    expect(sourceFor({ preset: '7d' }, plotWidth(1440), false, 'hour')).toBe('hour');
  });

  it('exist for whatever range there is', () => {
    for (const screen of SCREENS)
      for (const length of [1, MINUTE, 90_000, ...RANGES, 73_000 * DAY])
        expect(stepFor(length, plotWidth(screen), true, 'auto')).toBeTruthy();
  });
});

describe('joined buckets', () => {
  it('begin where the clock says, and hold the sums of theirs', () => {
    const six = joined(
      answer('2026-11-20T15:00:00+08:00', '2026-11-21T08:00:00+08:00', HOUR, 'Asia/Shanghai', 'hour'),
      '6h',
    );
    expect(six.buckets).toEqual([
      '2026-11-20T15:00:00+08:00',
      '2026-11-20T18:00:00+08:00',
      '2026-11-21T00:00:00+08:00',
      '2026-11-21T06:00:00+08:00',
    ]);
    expect(six.series[0]?.metrics['requests']).toEqual([3, 6, 6, 2]);
    expect(six.compare?.metrics['requests']).toEqual([4, 12, 12, 4]);
  });

  it('are partial where the range cuts them, or one of theirs is', () => {
    const six = joined(
      answer('2026-11-20T15:00:00+08:00', '2026-11-21T08:00:00+08:00', HOUR, 'Asia/Shanghai', 'hour'),
      '6h',
    );
    expect(six.partial).toEqual([0, 3]);
    const whole = {
      ...answer('2026-11-20T00:00:00+08:00', '2026-11-21T00:00:00+08:00', HOUR, 'Asia/Shanghai', 'hour'),
      partial: [],
    };
    expect(joined(whole, '6h').partial).toEqual([]);
  });

  it('of an autumn night are seven hours, and sums stay whole', () => {
    const six = joined(
      answer('2026-11-01T00:00:00-04:00', '2026-11-02T00:00:00-05:00', HOUR, 'America/New_York', 'hour'),
      '6h',
    );
    expect(six.series[0]?.metrics['requests']).toEqual([7, 6, 6, 6]);
  });

  it('are left alone when they are as asked', () => {
    const hours = answer(
      '2026-11-20T00:00:00+08:00',
      '2026-11-21T00:00:00+08:00',
      HOUR,
      'Asia/Shanghai',
      'hour',
    );
    expect(joined(hours, 'hour').buckets).toBe(hours.buckets);
  });

  it('are unknown where all of theirs are', () => {
    const one = answer(
      '2026-11-20T00:00:00+08:00',
      '2026-11-20T12:00:00+08:00',
      HOUR,
      'Asia/Shanghai',
      'hour',
    );
    const empty = {
      ...one,
      series: [{ group: null, metrics: { requests: one.buckets.map((_, index) => (index < 6 ? 1 : null)) } }],
    };
    expect(joined(empty as Timeseries, '6h').series[0]?.metrics['requests']).toEqual([6, null]);
  });
});
