/**
 * Labels of a time axis and names of its buckets.
 *
 * Labels stand where a new period of some step begins (an hour, six hours, a day, a month), and the
 * step is the finest whose labels do not touch. They are derived from the buckets as given, so days
 * of 23 and 25 hours, months and a first bucket that starts in the middle need no special case.
 */
import { offsetMark } from '~/format/index.ts';
import { dateTag } from '~/i18n/locale.svelte.ts';
import { type WallTime, wallTime } from './wall_time.ts';

export type Granularity = 'minute' | '5m' | '15m' | 'hour' | '6h' | 'day' | 'week' | 'month';

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
  '5m': 'minute',
  '15m': 'minute',
  hour: 'hour',
  '6h': 'hour',
  day: 'day',
  week: 'day',
  month: 'month',
};
const DAY = 86_400_000;

/** The number of the period of a step that a wall time lies in; weeks begin on Monday. */
function period(at: WallTime, step: Step): number {
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

function beginsExactly(at: WallTime, step: Step): boolean {
  const probe: WallTime = { ...wallTime(new Date(at.utc - 60_000).toISOString()) };
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

/** "Thu 20", "11/20 周四": a day and a weekday in one format would be "20 Thursday" and "20日周四". */
function weekdayAndDay(at: WallTime, locale: string): string {
  const weekday = formatter(locale, { weekday: 'short' }).format(at.utc);
  return locale.startsWith('en') ? `${weekday} ${at.day}` : `${at.month}/${at.day} ${weekday}`;
}

/** "20 Nov": day before month in English too, as in the rest of the interface. */
function dayAndMonth(at: WallTime, locale: string): string {
  return formatter(dateTag(locale), { day: 'numeric', month: 'short' }).format(at.utc);
}

function tickLabel(
  at: WallTime,
  step: Step,
  before: WallTime | null,
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
  const times = buckets.map(wallTime);
  const first = times[0];
  const last = times.at(-1);
  if (!first || !last) return [];
  // The last bucket has a length too; it is taken to be the average of the others.
  const span = ((last.utc - first.utc) * times.length) / Math.max(1, times.length - 1);
  const finest = STEPS.findIndex((one) => one.unit === FINEST[granularity]);
  for (const candidate of STEPS.slice(finest)) {
    // Over several days, "12:00" seven times says less than the days alone.
    if (span > 2.5 * DAY && (candidate.unit === 'minute' || candidate.unit === 'hour')) continue;
    const starts = times.flatMap((at, bucket) => {
      const before = times[bucket - 1];
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
    const shown = starts.filter((bucket) => (times.length - bucket) * step >= distance * 0.6);
    const named = shown.length > 0 ? shown : [0];
    return named.map((bucket, index) => {
      const at = times[bucket] ?? first;
      const previous = index > 0 ? (times[named[index - 1] ?? 0] ?? null) : null;
      const [label, major] = tickLabel(at, candidate, previous, span, locale);
      return { bucket, label, major };
    });
  }
  return [];
}

/** Milliseconds of what is shorter than a day. */
const LENGTHS: Partial<Record<Granularity, number>> = {
  '5m': 300_000,
  '15m': 900_000,
  hour: 3_600_000,
  '6h': 21_600_000,
};

/** Whether a bucket begins at a time and is not a day: its name then needs the time. */
export function isMoment(granularity: Granularity): boolean {
  return granularity === 'minute' || granularity in LENGTHS;
}

/** The name of one bucket: "Thu 20 Nov, 12:00 – 13:00", "Thu 20 Nov", "17 – 23 Nov", "November 2026". */
export function bucketName(start: string, granularity: Granularity, locale: string): string {
  const at = wallTime(start);
  const english = locale.startsWith('en');
  const day = english
    ? `${formatter(locale, { weekday: 'short' }).format(at.utc)} ${dayAndMonth(at, locale)}`
    : formatter(locale, { month: 'short', day: 'numeric', weekday: 'short' }).format(at.utc);
  const time = (utc: number): string => formatter(locale, TIME).format(utc);
  const separator = english ? ', ' : ' ';
  switch (granularity) {
    case 'minute':
      return `${day}${separator}${time(at.utc)}${offsetMark(Date.parse(start))}`;
    case '5m':
    case '15m':
    case 'hour':
    case '6h': {
      const length = LENGTHS[granularity] ?? 0;
      // The first may begin in its middle, where the range does.
      const end = (Math.floor(at.utc / length) + 1) * length;
      return `${day}${separator}${time(at.utc)} – ${time(end)}${offsetMark(Date.parse(start))}`;
    }
    case 'day':
      return day;
    case 'week': {
      const end = new Date(at.utc + 6 * DAY);
      return formatter(dateTag(locale), { day: 'numeric', month: 'short' }).formatRange(at.utc, end);
    }
    case 'month':
      return formatter(locale, { month: 'long', year: 'numeric' }).format(at.utc);
  }
}
