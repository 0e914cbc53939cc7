/**
 * How long the buckets of the main chart are. The API knows minutes, hours, days, weeks and months; a bar of 168 hours is
 * too thin to see and one of a day too coarse for a week, so what adds up is also joined into 5 and 15 minutes and 6 hours,
 * here, from the exact sums of the API's buckets. Percentiles cannot be joined and keep the API's steps.
 */
import type { Timeseries } from '~/api/types.ts';
import { bands } from '~/charts/bands.ts';
import type { Value } from '~/charts/series.ts';
import type { Granularity } from '~/charts/timeaxis.ts';
import { type WallTime, wallTime } from '~/charts/wall_time.ts';
import type { Range } from '~/view/types.ts';
import { DAY, HOUR, lengthOf, MINUTE } from './range_length.ts';

/** What the API is asked for. */
export type Source = 'minute' | 'hour' | 'day' | 'week' | 'month';

interface Step {
  readonly name: Granularity;
  readonly source: Source;
  /** Milliseconds; of a month, on average. */
  readonly length: number;
}

/** From the finest to the coarsest. */
const STEPS: readonly Step[] = [
  { name: 'minute', source: 'minute', length: MINUTE },
  { name: '5m', source: 'minute', length: 5 * MINUTE },
  { name: '15m', source: 'minute', length: 15 * MINUTE },
  { name: 'hour', source: 'hour', length: HOUR },
  { name: '6h', source: 'hour', length: 6 * HOUR },
  { name: 'day', source: 'day', length: DAY },
  { name: 'week', source: 'week', length: 7 * DAY },
  { name: 'month', source: 'month', length: 30 * DAY },
];

/** Bars are never thinner, in pixels. */
export const THINNEST = 8;
const FEWEST = 2;
/** More bars than this are drawn only when somebody asks for them; days are what one counts in, a quarter has 92. */
const MOST = 62;
const MOST_DAYS = 100;
/** Lines may be closer, but not so close that they are a blot. */
const MOST_POINTS = 400;

/** Pixels of the chart's plot on a screen of a width; a little less than it has, so that no bar is thinner than thought. */
export function plotWidth(screen: number): number {
  const content = Math.min(screen, 1680);
  if (screen > 1000) return content - 48 - 330 - 76;
  return content - (screen > 760 ? 48 : 24) - 76;
}

/** Steps into which a range can be cut: with bars that can be seen (`additive`), or with points of a line. */
export function stepsFor(length: number, width: number, additive: boolean): Granularity[] {
  return STEPS.filter((step) => {
    const count = Math.ceil(length / step.length - 1e-9);
    if (count < FEWEST) return false;
    if (!additive) return step.name === step.source && count <= MOST_POINTS;
    return bands(count, width).bar >= THINNEST;
  }).map(({ name }) => name);
}

/** The step that a range is cut into when none is asked for, or one that does not go. */
export function stepFor(length: number, width: number, additive: boolean, wanted: string): Granularity {
  const steps = stepsFor(length, width, additive);
  const asked = steps.find((name) => name === wanted);
  if (asked !== undefined) return asked;
  const count = (name: Granularity): number => length / lengthOfStep(name);
  const fitting = steps.find((name) => count(name) <= (name === 'day' ? MOST_DAYS : MOST));
  // Nothing goes: less than two minutes, or so many years that even months are thin.
  return fitting ?? steps.at(-1) ?? (length > DAY ? 'month' : 'minute');
}

function lengthOfStep(name: Granularity): number {
  return STEPS.find((step) => step.name === name)?.length ?? DAY;
}

/** What to ask the API for, so that the step can be drawn from it; `auto` where only the server knows how long the range is. */
export function sourceFor(range: Range, width: number, additive: boolean, wanted: string): Source | 'auto' {
  const length = lengthOf(range);
  if (length === null)
    return STEPS.find(({ name, source }) => name === wanted && name === source)?.source ?? 'auto';
  const name = stepFor(length, width, additive, wanted);
  return STEPS.find((step) => step.name === name)?.source ?? 'auto';
}

/** An answer as the chart draws it: its buckets may be longer than the API's. */
export interface Cut extends Omit<Timeseries, 'granularity'> {
  readonly granularity: Granularity;
}

/** The bucket that a time of the clock lies in, as a number that ascends with them. */
function bucketOf(time: WallTime, step: Granularity): number {
  switch (step) {
    case 'week':
      // Day 4 after the epoch was a Monday.
      return Math.floor((Math.floor(time.utc / DAY) - 4) / 7);
    case 'month':
      return time.year * 12 + time.month;
    default:
      return Math.floor(time.utc / lengthOfStep(step));
  }
}

/** Buckets of a range that are cut off at its end or have not ended, and those of the API that are, joined into `step`. */
export function joined(answer: Timeseries, step: Granularity): Cut {
  if (answer.granularity === step) return { ...answer, granularity: step };
  const groups: number[][] = [];
  let before: number | null = null;
  answer.buckets.forEach((start, index) => {
    const bucket = bucketOf(wallTime(start), step);
    if (bucket === before) groups.at(-1)?.push(index);
    else groups.push([index]);
    before = bucket;
  });
  const sums = (values: readonly Value[]): Value[] =>
    groups.map((group) => {
      const known = group.map((index) => values[index] ?? null).filter((value) => value !== null);
      return known.length > 0 ? known.reduce((sum, value) => sum + value, 0) : null;
    });
  const each = (metrics: Readonly<Record<string, readonly Value[]>>): Record<string, Value[]> =>
    Object.fromEntries(Object.entries(metrics).map(([name, values]) => [name, sums(values)]));
  const cut = new Set(answer.partial);
  const open = (start: string | undefined): boolean =>
    start !== undefined && bucketOf(wallTime(start), step) === bucketOf(wallTime(answer.selection.to), step);
  return {
    ...answer,
    granularity: step,
    buckets: groups.map(([first]) => answer.buckets[first ?? 0] ?? ''),
    partial: groups.flatMap((group, index) => {
      const first = answer.buckets[group[0] ?? 0];
      const begins = index > 0 || first === undefined || isStart(wallTime(first), step);
      const ends = index < groups.length - 1 || !open(first);
      return begins && ends && !group.some((one) => cut.has(one)) ? [] : [index];
    }),
    series: answer.series.map((one) => ({ ...one, metrics: each(one.metrics) })),
    compare: answer.compare && {
      ...answer.compare,
      buckets: groups.map(([first]) => answer.compare?.buckets[first ?? 0] ?? ''),
      metrics: each(answer.compare.metrics),
    },
  };
}

function isStart(time: WallTime, step: Granularity): boolean {
  const earlier = wallTime(new Date(time.utc - MINUTE).toISOString());
  return bucketOf(earlier, step) !== bucketOf(time, step);
}
