/**
 * The request-health grid: which cells it has, what each covers and where it leads.
 *
 * A few hours are rows of hours cut into five minutes; a day is columns of hours cut into quarters. Hours of up to two weeks
 * are rows of days, as one reads a diary, those of up to three months columns of days, so that the card keeps its height.
 * Longer ranges are a calendar of weeks. An hour that the clock repeats is two cells, beside each other.
 */
import type { Timeseries } from '~/api/types.ts';
import { type WallTime, wallTime } from '~/charts/wall_time.ts';
import { begunOf } from '~/figures/chart_series.ts';
import { DAY, HOUR, lengthOf, MINUTE } from '~/figures/range_length.ts';
import type { Range } from '~/view/types.ts';

/** Minutes of a cell, in a row and in a column of one hour. */
const SLICE = 5;
const QUARTER = 15;
/** Ranges of more than this would be rows of confetti in slices of five minutes. */
const SLICED_HOURS = 6;
const DIARY_DAYS = 14;
const HOURLY_DAYS = 92;

export type Shape = 'slices' | 'quarters' | 'hours' | 'days';

export interface HealthCell {
  /** RFC 3339, `to` exclusive: the requests behind the cell. */
  readonly from: string;
  readonly to: string;
  readonly requests: number;
  readonly failed: number;
  /** Null: no requests. */
  readonly rate: number | null;
}

export interface HealthGrid {
  readonly columns: number;
  readonly rows: number;
  readonly at: (column: number, row: number) => HealthCell | null;
  /** What columns and rows are: their labels are written from the times at their heads. */
  readonly layout: 'diary' | 'carpet' | 'calendar' | 'slices' | 'quarters';
  /** The wall time (see charts/wall_time.ts) that heads each column or row. */
  readonly columnHeads: readonly number[];
  readonly rowHeads: readonly number[];
}

export function gridShape(range: Range): Shape {
  const length = lengthOf(range);
  if (length === null || length > HOURLY_DAYS * DAY) return 'days';
  if (length <= SLICED_HOURS * HOUR) return 'slices';
  // A day of 25 hours is one day.
  return length <= 25 * HOUR ? 'quarters' : 'hours';
}

function cellOf(from: string, to: string, requests: number, succeeded: number): HealthCell {
  return {
    from,
    to,
    requests,
    failed: requests - succeeded,
    rate: requests > 0 ? succeeded / requests : null,
  };
}

function joined(one: HealthCell | undefined, next: HealthCell): HealthCell {
  if (one === undefined) return next;
  const [requests, failed] = [one.requests + next.requests, one.failed + next.failed];
  return cellOf(one.from, next.to, requests, requests - failed);
}

interface Begun {
  readonly cell: HealthCell;
  readonly time: WallTime;
  /** 1 in an hour that the clock shows for the second time, else 0. */
  readonly turn: 0 | 1;
}

/** The buckets that have begun, each with its place on the clock. */
function begunBuckets(series: Timeseries): Begun[] {
  const own = series.series[0]?.metrics;
  let before: WallTime | null = null;
  let turn: 0 | 1 = 0;
  return series.buckets.slice(0, begunOf(series)).map((start, bucket) => {
    const time = wallTime(start);
    const sameHour: boolean = before !== null && hourOf(time) === hourOf(before);
    // Only a clock that is set back shows what it has shown already.
    if (before !== null && time.utc <= before.utc) turn = 1;
    else if (!sameHour) turn = 0;
    before = time;
    const to = series.buckets[bucket + 1] ?? series.selection.to;
    const requests = own?.['requests']?.[bucket] ?? 0;
    return { cell: cellOf(start, to, requests, own?.['succeeded']?.[bucket] ?? 0), time, turn };
  });
}

/** When the hour of a wall time begins. */
function hourOf(time: WallTime): number {
  return Math.floor(time.utc / HOUR) * HOUR;
}

/** Numbers in ascending order, each once. */
function distinct(numbers: Iterable<number>): number[] {
  return [...new Set(numbers)].sort((one, other) => one - other);
}

/**
 * A repeated hour stands right behind the hour it repeats: half an hour is added to what sorts it, which no hour of its own
 * begins at.
 */
function placed(hour: number, turn: 0 | 1): number {
  return hour + turn * (HOUR / 2);
}

/** The hour that a place among hours is headed by. */
const headOf = (place: number): number => Math.floor(place / HOUR) * HOUR;

/** The grid of hours out of `/timeseries?granularity=hour`: a row a day, or for more than two weeks a column. */
export function hourGrid(series: Timeseries): HealthGrid {
  const begun = begunBuckets(series);
  const cells = new Map<string, HealthCell>();
  const dayOf = (time: WallTime): number => Math.floor(time.utc / DAY) * DAY;
  for (const { cell, time, turn } of begun) {
    const key = `${dayOf(time)} ${placed(hourOf(time) - dayOf(time), turn)}`;
    cells.set(key, joined(cells.get(key), cell));
  }
  const days = distinct(series.buckets.map((start) => dayOf(wallTime(start))));
  const clock = Array.from({ length: 24 }, (_, hour) => hour * HOUR);
  const repeated = begun
    .filter(({ turn }) => turn === 1)
    .map(({ time }) => placed(hourOf(time) - dayOf(time), 1));
  const hours = distinct([...clock, ...repeated]);
  const at = (hour: number, day: number): HealthCell | null =>
    cells.get(`${days[day]} ${hours[hour]}`) ?? null;
  const heads = hours.map(headOf);
  if (days.length <= DIARY_DAYS) {
    return {
      columns: hours.length,
      rows: days.length,
      at,
      layout: 'diary',
      columnHeads: heads,
      rowHeads: days,
    };
  }
  return {
    columns: days.length,
    rows: hours.length,
    at: (column, row) => at(row, column),
    layout: 'carpet',
    columnHeads: days,
    rowHeads: heads,
  };
}

/** Hours cut into parts of `minutes`, out of `/timeseries?granularity=minute`: the hours, and what is in a part of one. */
function cut(series: Timeseries, minutes: number) {
  const cells = new Map<string, HealthCell>();
  for (const { cell, time, turn } of begunBuckets(series)) {
    const key = `${placed(hourOf(time), turn)} ${Math.floor(time.minute / minutes)}`;
    cells.set(key, joined(cells.get(key), cell));
  }
  const hours = distinct([...cells.keys()].map((key) => Number(key.split(' ')[0])));
  // What is still to come of a day has its place, so that the grid does not grow while one looks.
  const last = hourOf(wallTime(series.buckets.at(-1) ?? series.selection.from));
  for (let hour = headOf(hours.at(-1) ?? last) + HOUR; hour <= last; hour += HOUR) hours.push(hour);
  const at = (hour: number, part: number): HealthCell | null => cells.get(`${hours[hour]} ${part}`) ?? null;
  return {
    at,
    heads: hours.map(headOf),
    parts: Array.from({ length: 60 / minutes }, (_, part) => part * minutes * MINUTE),
  };
}

/** Rows of hours in slices of five minutes. */
export function sliceGrid(series: Timeseries): HealthGrid {
  const { at, heads, parts } = cut(series, SLICE);
  return {
    columns: parts.length,
    rows: heads.length,
    at: (column, row) => at(row, column),
    layout: 'slices',
    columnHeads: parts,
    rowHeads: heads,
  };
}

/** Columns of hours in quarters. */
export function quarterGrid(series: Timeseries): HealthGrid {
  const { at, heads, parts } = cut(series, QUARTER);
  return {
    columns: heads.length,
    rows: parts.length,
    at,
    layout: 'quarters',
    columnHeads: heads,
    rowHeads: parts,
  };
}

/** A calendar, weeks from left to right and Monday on top, out of `/timeseries?granularity=day`. */
export function calendarGrid(series: Timeseries): HealthGrid {
  const days = new Map<number, HealthCell>();
  for (const { cell, time } of begunBuckets(series)) days.set(Math.floor(time.utc / DAY), cell);
  const first = Math.floor(wallTime(series.buckets[0] ?? series.selection.from).utc / DAY);
  const last = Math.floor(wallTime(series.buckets.at(-1) ?? series.selection.from).utc / DAY);
  // Day 4 after the epoch was a Monday.
  const monday = first - ((((first - 4) % 7) + 7) % 7);
  const columns = Math.max(1, Math.floor((last - monday) / 7) + 1);
  return {
    columns,
    rows: 7,
    at: (column, row) => days.get(monday + column * 7 + row) ?? null,
    layout: 'calendar',
    columnHeads: Array.from({ length: columns }, (_, column) => (monday + column * 7) * DAY),
    rowHeads: Array.from({ length: 7 }, (_, row) => (monday + row) * DAY),
  };
}
