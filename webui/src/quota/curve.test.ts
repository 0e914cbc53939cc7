import { beforeAll, describe, expect, it } from 'vitest';
import type { QuotaWindow, WindowHistory } from '~/api/types.ts';
import { setLocale } from '~/i18n/index.svelte.ts';
import { type Curve, curveOf, curveTicks } from './curve.ts';

beforeAll(() => setLocale('en'));

const START = Date.parse('2026-11-26T05:10:00Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const END = START + 5 * HOUR;
const time = (ms: number): string => new Date(ms).toISOString();

const window = (changes: Partial<QuotaWindow> = {}): QuotaWindow =>
  ({
    outlook: 'lasts',
    remaining_percent: 60,
    starts_at: time(START),
    resets_at: time(END),
    empty_at: null,
    percent_per_hour: 10,
    ...changes,
  }) as QuotaWindow;

const read = (...readings: [from: number, until: number, used: number][]): WindowHistory =>
  ({
    readings: readings.map(([from, until, used]) => ({
      at: time(START + from * MINUTE),
      last_at: time(START + until * MINUTE),
      used_percent: used,
      source: 'headers',
    })),
  }) as unknown as WindowHistory;

const drawn = (made: ReturnType<typeof curveOf>): Curve => {
  if (typeof made === 'string') throw new Error(made);
  return made;
};

describe('the curve of an open window', () => {
  it('is what was read: a percentage that stayed is level, and before the first reading nothing is claimed', () => {
    const curve = drawn(curveOf(window(), read([30, 90, 10], [120, 120, 40])));
    expect(curve.measured).toEqual([
      { at: START + 30 * MINUTE, remains: 90 },
      { at: START + 90 * MINUTE, remains: 90 },
      { at: START + 120 * MINUTE, remains: 60 },
    ]);
    expect(curve.presumed).toEqual([
      { at: START, remains: 100 },
      { at: START + 30 * MINUTE, remains: 90 },
    ]);
    expect([curve.start, curve.end]).toEqual([START, END]);
  });

  it('goes on to the moment at which it is empty, and is without room from there to the reset', () => {
    const empty = START + 4 * HOUR;
    const curve = drawn(curveOf(window({ outlook: 'runs_dry', empty_at: time(empty) }), read([0, 120, 40])));
    expect(curve.forecast).toEqual([
      { at: START + 120 * MINUTE, remains: 60 },
      { at: empty, remains: 0 },
    ]);
    expect(curve.dry).toEqual([empty, END]);
  });

  it('goes on to the reset where it lasts, unless its pace of late contradicts that', () => {
    const curve = drawn(curveOf(window(), read([0, 120, 40])));
    expect(curve.forecast.at(-1)).toEqual({ at: END, remains: 30 });
    expect(curve.dry).toBeNull();
    expect(drawn(curveOf(window({ percent_per_hour: 30 }), read([0, 120, 40]))).forecast).toEqual([]);
    expect(drawn(curveOf(window({ percent_per_hour: null }), read([0, 120, 40]))).forecast).toEqual([]);
  });

  it('has no room since nothing remained, or since the reading that found it blocked', () => {
    const blocked = window({ outlook: 'blocked', remaining_percent: 0 });
    const curve = drawn(curveOf(blocked, read([0, 30, 90], [60, 90, 100], [100, 100, 101])));
    expect([curve.forecast, curve.dry]).toEqual([[], [START + 60 * MINUTE, END]]);
    expect(drawn(curveOf(blocked, read([0, 30, 90]))).dry).toEqual([START + 30 * MINUTE, END]);
  });

  it('bends no axis: what a provider counts beyond the whole, or below nothing, is drawn at its edge', () => {
    const curve = drawn(curveOf(window(), read([0, 0, -3], [60, 60, 130])));
    expect(curve.measured.map(({ remains }) => remains)).toEqual([100, 0]);
  });

  it('is none, for a reason that can be said', () => {
    expect(curveOf(window({ outlook: 'unstarted' }), null)).toBe('unstarted');
    expect(curveOf(window({ remaining_percent: null }), read([0, 1, 2]))).toBe('unmeasured');
    expect(curveOf(window({ starts_at: null }), read([0, 1, 2]))).toBe('endless');
    expect(curveOf(window(), read())).toBe('old');
    expect(curveOf(window(), null)).toBe('old');
  });
});

it('labels full hours of a short window and days of a long one, never too many', () => {
  const short = curveTicks(START, END);
  expect(short.length).toBe(5);
  expect(short.every(({ label }) => label.endsWith(':00'))).toBe(true);
  const week = curveTicks(START, START + 7 * 24 * HOUR);
  expect(week.length).toBe(7);
  expect(new Set(week.map(({ label }) => label)).size).toBe(7);
  const month = curveTicks(START, START + 30 * 24 * HOUR);
  expect(month.length).toBeLessThanOrEqual(8);
  expect(month.every(({ at }) => at >= START && at < START + 30 * 24 * HOUR)).toBe(true);
});
