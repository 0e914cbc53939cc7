/** What remains of an open window over its time: what was read, and where that leads. Percentages are 0 to 100. */
import type { QuotaWindow, WindowHistory } from '~/api/types.ts';
import { clock, day, weekdayShort } from '~/format/index.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** Zones differ by half and quarter hours, days by whole ones. */
const STEP_MS = 30 * MINUTE_MS;
/** Labels of the axis, at most. */
const LABELS = 8;

/** Milliseconds of the epoch, and what remained then. */
export interface Point {
  readonly at: number;
  readonly remains: number;
}

export interface Curve {
  readonly start: number;
  readonly end: number;
  /** As it was read, from the first reading to the last; a percentage that stayed has two points. */
  readonly measured: readonly Point[];
  /** From the full window to the first reading: nobody saw that. */
  readonly presumed: readonly Point[];
  /** Where it leads; empty: nothing is said. */
  readonly forecast: readonly Point[];
  /** Without room: from when until the reset; null: it lasts, or nobody knows. */
  readonly dry: readonly [number, number] | null;
}

/** Why there is nothing to draw. */
export type Lack = 'unstarted' | 'endless' | 'unmeasured' | 'old';

/** The curve of a window, or why there is none. */
export function curveOf(window: QuotaWindow, history: WindowHistory | null): Curve | Lack {
  if (window.outlook === 'unstarted') return 'unstarted';
  if (window.remaining_percent === null) return 'unmeasured';
  if (window.starts_at === null || window.resets_at === null) return 'endless';
  const [start, end] = [Date.parse(window.starts_at), Date.parse(window.resets_at)];
  const measured = (history?.readings ?? []).flatMap(({ at, last_at, used_percent: used }) =>
    points(used, Date.parse(at), Date.parse(last_at)),
  );
  const [first, last] = [measured[0], measured.at(-1)];
  if (first === undefined || last === undefined) return 'old';
  const forecast = ahead(window, last, end);
  const empty =
    window.outlook === 'blocked'
      ? emptySince(measured)
      : (forecast.find(({ remains }) => remains === 0)?.at ?? end);
  return {
    start: Math.min(start, first.at),
    end,
    measured,
    presumed: first.at > start && first.remains < 100 ? [{ at: start, remains: 100 }, first] : [],
    forecast,
    dry: empty < end ? [empty, end] : null,
  };
}

/** Since when nothing remains, else when it was read last: a provider may block before that. */
function emptySince(measured: readonly Point[]): number {
  let since = measured.at(-1)?.at ?? 0;
  for (const { at, remains } of measured.toReversed()) {
    if (remains > 0) break;
    since = at;
  }
  return since;
}

function points(used: number, from: number, until: number): Point[] {
  const remains = Math.min(100, Math.max(0, 100 - used));
  return until > from
    ? [
        { at: from, remains },
        { at: until, remains },
      ]
    : [{ at: from, remains }];
}

/** Straight to the moment that the forecast names; where it lasts, as far as its pace bears that out. */
function ahead(window: QuotaWindow, last: Point, end: number): Point[] {
  if (window.outlook === 'runs_dry' && window.empty_at !== null)
    return [last, { at: Math.max(last.at, Date.parse(window.empty_at)), remains: 0 }];
  if (window.outlook !== 'lasts' || window.percent_per_hour === null) return [];
  const remains = last.remains - (window.percent_per_hour * (end - last.at)) / HOUR_MS;
  return remains > 0 && end > last.at ? [last, { at: end, remains }] : [];
}

export interface CurveTick {
  readonly at: number;
  readonly label: string;
}

/** Full hours of a window of up to a day and a half, midnights of a longer one, in the zone of the page. */
export function curveTicks(start: number, end: number): CurveTick[] {
  const short = end - start <= 1.5 * DAY_MS;
  const wanted = short ? hours(end - start) : 24;
  const found: CurveTick[] = [];
  for (let at = Math.ceil(start / STEP_MS) * STEP_MS; at < end; at += STEP_MS) {
    const [hour, minute] = clock(at).split(':').map(Number);
    if (minute === 0 && (hour ?? 0) % wanted === 0)
      found.push({ at, label: short ? clock(at) : end - start > 8 * DAY_MS ? day(at) : weekdayShort(at) });
  }
  const every = Math.ceil(found.length / LABELS);
  return found.filter((_, place) => place % every === 0);
}

function hours(length: number): number {
  return [1, 2, 3, 6, 12].find((step) => length / HOUR_MS / step <= LABELS) ?? 12;
}
