/**
 * The request-health grid: which cells it has, what each covers and where it leads.
 *
 * Hours of up to two weeks are rows of days, as one reads a diary. Hours of up to three months are columns of days, so that
 * the card keeps its height. Longer ranges are a calendar of weeks; a few hours are rows of hours cut into five minutes.
 */
import type { Heatmap, Timeseries } from '~/api/types.ts';
import { wall } from '~/charts/wall.ts';
import { addDays, instantOf, rfc3339 } from '~/view/calendar.ts';
import type { Range } from '~/view/types.ts';
import { begunOf } from './chart_series.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Minutes of a cell, and cells in a row of one hour. */
const SLICE = 5;
const SLICES = 60 / SLICE;
const DIARY_DAYS = 14;
const HOURLY_DAYS = 92;

export type Shape = 'minutes' | 'hours' | 'days';

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
  readonly layout: 'diary' | 'carpet' | 'calendar' | 'slices';
  /** The wall time (see charts/wall.ts) that heads each column or row. */
  readonly columnHeads: readonly number[];
  readonly rowHeads: readonly number[];
}

const LENGTHS: Record<string, number> = { m: MINUTE, h: HOUR, d: DAY };

/** Milliseconds that a range covers; null for ranges whose length only the server knows. */
export function lengthOf(range: Range): number | null {
  if (!('preset' in range)) return Date.parse(range.to) - Date.parse(range.from);
  const rolling = /^(\d+)([mhd])$/.exec(range.preset);
  if (rolling) return Number(rolling[1]) * (LENGTHS[rolling[2] ?? ''] ?? 0);
  switch (range.preset) {
    case 'today':
    case 'yesterday':
      return DAY;
    case 'this_week':
    case 'last_week':
      return 7 * DAY;
    case 'this_month':
    case 'last_month':
      return 31 * DAY;
    default:
      return null;
  }
}

export function gridShape(range: Range): Shape {
  const length = lengthOf(range);
  if (length === null || length > HOURLY_DAYS * DAY) return 'days';
  return length <= DAY ? 'minutes' : 'hours';
}

function countsOf(requests: number, succeeded: number): Pick<HealthCell, 'requests' | 'failed' | 'rate'> {
  return { requests, failed: requests - succeeded, rate: requests > 0 ? succeeded / requests : null };
}

function cellOf(from: string, to: string, requests: number, succeeded: number): HealthCell {
  return { from, to, ...countsOf(requests, succeeded) };
}

/** When each hour of a local day begins, 24 being its end. A day without a change of clocks is asked for twice only. */
function hoursOf(day: string, zone: string): (hour: number) => number {
  const start = instantOf(day, zone);
  const next = addDays(day, 1);
  if (instantOf(next, zone) - start === DAY) return (hour) => start + hour * HOUR;
  return (hour) => instantOf(hour === 24 ? next : `${day}T${String(hour).padStart(2, '0')}:00`, zone);
}

/** The grid of hours out of `/heatmap?x=hour&y=day&metric=success_rate`. */
export function hourGrid(heatmap: Heatmap): HealthGrid {
  const { zone } = heatmap.selection;
  const days = heatmap.y.map((day) => wall(String(day)).utc);
  const begins = heatmap.y.map((day) => hoursOf(String(day), zone));
  const hours = heatmap.x.map(Number);
  const begin = Date.parse(heatmap.selection.from);
  // Only what has passed: an hour that is still to come is no hour without requests.
  const end = begin + heatmap.selection.elapsed_seconds * 1000;
  const cell = (hour: number, day: number): HealthCell | null => {
    const at = begins[day];
    if (at === undefined) return null;
    const [from, to] = [at(hour), at(hour + 1)];
    // An hour that clocks skip is none.
    if (from >= end || to <= begin || to <= from) return null;
    const requests = heatmap.requests?.[day]?.[hour] ?? 0;
    const rate = heatmap.cells[day]?.[hour] ?? null;
    const succeeded = rate === null ? requests : Math.round(rate * requests);
    return {
      ...countsOf(requests, succeeded),
      // Written when somebody asks: a quarter has two thousand cells.
      get from() {
        return rfc3339(from, zone);
      },
      get to() {
        return rfc3339(to, zone);
      },
    };
  };
  const heads = hours.map((hour) => hour * HOUR);
  if (days.length <= DIARY_DAYS) {
    return { columns: 24, rows: days.length, at: cell, layout: 'diary', columnHeads: heads, rowHeads: days };
  }
  return {
    columns: days.length,
    rows: 24,
    at: (column, row) => cell(row, column),
    layout: 'carpet',
    columnHeads: days,
    rowHeads: heads,
  };
}

function counts(series: Timeseries, bucket: number): readonly [number, number] {
  const own = series.series[0]?.metrics;
  return [own?.['requests']?.[bucket] ?? 0, own?.['succeeded']?.[bucket] ?? 0];
}

/** Rows of hours in slices of five minutes, out of `/timeseries?granularity=minute`. */
export function sliceGrid(series: Timeseries): HealthGrid {
  const cells = new Map<number, HealthCell>();
  series.buckets.slice(0, begunOf(series)).forEach((start, bucket) => {
    const at = wall(start).utc;
    const key = Math.floor(at / (SLICE * MINUTE));
    const [requests, succeeded] = counts(series, bucket);
    const known = cells.get(key);
    const to = series.buckets[bucket + 1] ?? series.selection.to;
    cells.set(
      key,
      known
        ? cellOf(known.from, to, known.requests + requests, known.requests - known.failed + succeeded)
        : cellOf(start, to, requests, succeeded),
    );
  });
  const first = wall(series.buckets[0] ?? series.selection.from).utc;
  const last = wall(series.buckets.at(-1) ?? series.selection.from).utc;
  const top = Math.floor(first / HOUR) * HOUR;
  const rows = Math.max(1, Math.floor((last - top) / HOUR) + 1);
  return {
    columns: SLICES,
    rows,
    at: (column, row) => cells.get((top + row * HOUR) / (SLICE * MINUTE) + column) ?? null,
    layout: 'slices',
    columnHeads: Array.from({ length: SLICES }, (_, column) => column * SLICE * MINUTE),
    rowHeads: Array.from({ length: rows }, (_, row) => top + row * HOUR),
  };
}

/** A calendar, weeks from left to right and Monday on top, out of `/timeseries?granularity=day`. */
export function calendarGrid(series: Timeseries): HealthGrid {
  const days = new Map<number, HealthCell>();
  series.buckets.slice(0, begunOf(series)).forEach((start, bucket) => {
    const day = Math.floor(wall(start).utc / DAY);
    const to = series.buckets[bucket + 1] ?? series.selection.to;
    days.set(day, cellOf(start, to, ...counts(series, bucket)));
  });
  const first = Math.floor(wall(series.buckets[0] ?? series.selection.from).utc / DAY);
  const last = Math.floor(wall(series.buckets.at(-1) ?? series.selection.from).utc / DAY);
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
