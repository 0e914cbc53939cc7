/**
 * Labels of a time axis and names of its buckets.
 *
 * Labels stand where a new period of some step begins (an hour, six hours, a day, a month), and the
 * step is the finest whose labels do not touch. They are derived from the buckets as given, so days
 * of 23 and 25 hours, months and a first bucket that starts in the middle need no special case.
 */
import { type Wall, wall } from './wall.ts';

export type Granularity = 'minute' | 'hour' | 'day' | 'week' | 'month';

export interface TimeTick {
  readonly bucket: number;
  readonly label: string;
  /** A label that names a greater period than its neighbours (a day between hours). */
  readonly major: boolean;
}

interface Step {
  readonly unit: 'minute' | 'hour' | 'day' | 'month' | 'year';
  readonly size: number;
}

const STEPS: readonly Step[] = [
  ...[1, 2, 5, 10, 15, 30].map((size): Step => ({ unit: 'minute', size })),
  ...[1, 2, 3, 6, 12].map((size): Step => ({ unit: 'hour', size })),
  ...[1, 2, 7, 14].map((size): Step => ({ unit: 'day', size })),
  ...[1, 2, 3, 6].map((size): Step => ({ unit: 'month', size })),
  ...[1, 2, 5, 10].map((size): Step => ({ unit: 'year', size })),
];
const FINEST: Record<Granularity, Step['unit']> = {
  minute: 'minute',
  hour: 'hour',
  day: 'day',
  week: 'day',
  month: 'month',
};
const DAY = 86_400_000;

/** The number of the period of a step that a wall time lies in; weeks begin on Monday. */
function period(at: Wall, step: Step): number {
  switch (step.unit) {
    case 'minute':
      return Math.floor(at.utc / (60_000 * step.size));
    case 'hour':
      return Math.floor(at.utc / (3_600_000 * step.size));
    case 'day':
      // 1970-01-05 was a Monday.
      return Math.floor((at.utc / DAY + 3) / step.size);
    case 'month':
      return Math.floor((at.year * 12 + at.month - 1) / step.size);
    case 'year':
      return Math.floor(at.year / step.size);
  }
}

function beginsExactly(at: Wall, step: Step): boolean {
  const probe: Wall = { ...wall(new Date(at.utc - 60_000).toISOString()) };
  return period(probe, step) !== period(at, step);
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale + JSON.stringify(options);
  let known = formatters.get(key);
  if (!known) {
    known = new Intl.DateTimeFormat(locale, { ...options, timeZone: 'UTC' });
    formatters.set(key, known);
  }
  return known;
}

const TIME: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };

/** "Thu 20": English puts the weekday last unless asked for in two parts. */
function weekdayAndDay(at: Wall, locale: string): string {
  if (!locale.startsWith('en')) return formatter(locale, { weekday: 'short', day: 'numeric' }).format(at.utc);
  return `${formatter(locale, { weekday: 'short' }).format(at.utc)} ${at.day}`;
}

/** "20 Nov": day before month in English too, as in the rest of the interface. */
function dayAndMonth(at: Wall, locale: string): string {
  return formatter(locale.startsWith('en') ? 'en-GB' : locale, { day: 'numeric', month: 'short' }).format(
    at.utc,
  );
}

function tickLabel(
  at: Wall,
  step: Step,
  before: Wall | null,
  span: number,
  locale: string,
): [string, boolean] {
  const newDay = before ? before.day !== at.day || before.month !== at.month : at.hour + at.minute === 0;
  const newYear = before !== null && before.year !== at.year;
  switch (step.unit) {
    case 'minute':
    case 'hour':
      if (newDay && span >= DAY) return [weekdayAndDay(at, locale), true];
      return [formatter(locale, TIME).format(at.utc), false];
    case 'day':
      return span > 15 * DAY ? [dayAndMonth(at, locale), false] : [weekdayAndDay(at, locale), false];
    case 'month':
      if (newYear || !before)
        return [formatter(locale, { month: 'short', year: 'numeric' }).format(at.utc), newYear];
      return [formatter(locale, { month: 'short' }).format(at.utc), false];
    case 'year':
      return [String(at.year), false];
  }
}

/**
 * @param step     pixels between the starts of two buckets
 * @param distance pixels that a label needs
 */
export function timeTicks(
  buckets: readonly string[],
  granularity: Granularity,
  step: number,
  locale: string,
  distance = 64,
): TimeTick[] {
  const walls = buckets.map(wall);
  const first = walls[0];
  const last = walls.at(-1);
  if (!first || !last) return [];
  // The last bucket has a length too; it is taken to be the average of the others.
  const span = ((last.utc - first.utc) * walls.length) / Math.max(1, walls.length - 1);
  const finest = STEPS.findIndex((one) => one.unit === FINEST[granularity]);
  for (const candidate of STEPS.slice(finest)) {
    // Over several days, "12:00" seven times says less than the days alone.
    if (span > 2.5 * DAY && (candidate.unit === 'minute' || candidate.unit === 'hour')) continue;
    const starts = walls.flatMap((at, bucket) => {
      const before = walls[bucket - 1];
      const begins = before
        ? period(before, candidate) !== period(at, candidate)
        : beginsExactly(at, candidate);
      return begins ? [bucket] : [];
    });
    const fits = starts.every((bucket, index) => {
      const next = starts[index + 1];
      return next === undefined || (next - bucket) * step >= distance;
    });
    if (!fits) continue;
    // A label that would leave the plot at the right is not drawn.
    const shown = starts.filter((bucket) => (walls.length - bucket) * step >= distance * 0.6);
    const named = shown.length > 0 ? shown : [0];
    return named.map((bucket, index) => {
      const at = walls[bucket] ?? first;
      const previous = index > 0 ? (walls[named[index - 1] ?? 0] ?? null) : null;
      const [label, major] = tickLabel(at, candidate, previous, span, locale);
      return { bucket, label, major };
    });
  }
  return [];
}

/** The name of one bucket: "Thu 20 Nov, 12:00 – 13:00", "Thu 20 Nov", "17 – 23 Nov", "November 2026". */
export function bucketName(start: string, granularity: Granularity, locale: string, hours = 1): string {
  const at = wall(start);
  const english = locale.startsWith('en');
  const day = english
    ? `${formatter(locale, { weekday: 'short' }).format(at.utc)} ${dayAndMonth(at, locale)}`
    : formatter(locale, { month: 'short', day: 'numeric', weekday: 'short' }).format(at.utc);
  const time = (utc: number): string => formatter(locale, TIME).format(utc);
  const separator = english ? ', ' : ' ';
  switch (granularity) {
    case 'minute':
      return `${day}${separator}${time(at.utc)}`;
    case 'hour':
      return `${day}${separator}${time(at.utc)} – ${time(at.utc + hours * 3_600_000)}`;
    case 'day':
      return day;
    case 'week': {
      const end = new Date(at.utc + 6 * DAY);
      return formatter(english ? 'en-GB' : locale, { day: 'numeric', month: 'short' }).formatRange(
        at.utc,
        end,
      );
    }
    case 'month':
      return formatter(locale, { month: 'long', year: 'numeric' }).format(at.utc);
  }
}
