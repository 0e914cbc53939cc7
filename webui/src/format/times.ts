/** Moments, in the server's zone and the person's language. Takes RFC 3339 text or milliseconds of the epoch. */
import { zone } from '~/api/zone.svelte.ts';
import { dateTag, locale } from '~/i18n/locale.svelte.ts';
import { UNKNOWN } from './numbers.ts';
import { offsetMark } from './repeated.ts';

export type Moment = string | number | null | undefined;

const cache = new Map<string, Intl.DateTimeFormat>();

/** A shared Intl.DateTimeFormat in the zone and language in force. */
export function dateFormat(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${dateTag(locale.current)} ${zone.name} ${JSON.stringify(options)}`;
  let format = cache.get(key);
  if (format === undefined) {
    format = new Intl.DateTimeFormat(dateTag(locale.current), {
      hourCycle: 'h23',
      timeZone: zone.name,
      ...options,
    });
    cache.set(key, format);
  }
  return format;
}

export function msOf(moment: Moment): number | null {
  if (moment == null) return null;
  const ms = typeof moment === 'number' ? moment : Date.parse(moment);
  return Number.isFinite(ms) ? ms : null;
}

function written(moment: Moment, options: Intl.DateTimeFormatOptions): string {
  const ms = msOf(moment);
  return ms === null ? UNKNOWN : dateFormat(options).format(ms);
}

/** `14:05` */
export const clock = (moment: Moment): string => written(moment, { hour: '2-digit', minute: '2-digit' });

/** `14:05:09` */
export const clockSeconds = (moment: Moment): string =>
  written(moment, { hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** `18 Nov` */
export const day = (moment: Moment): string => written(moment, { day: 'numeric', month: 'short' });

/** `Tue 18 Nov` */
export const weekday = (moment: Moment): string =>
  written(moment, { weekday: 'short', day: 'numeric', month: 'short' });

/** `Tue` */
export const weekdayShort = (moment: Moment): string => written(moment, { weekday: 'short' });

/** `Nov 2026` */
export const month = (moment: Moment): string => written(moment, { month: 'short', year: 'numeric' });

/** `18 Nov, 14:05`: a moment of these days. */
export const dayClock = (moment: Moment): string =>
  written(moment, { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });

/** `18 Nov 2026, 14:05:09 GMT+8`: nothing left to guess. Chinese would have the zone before the time. */
export function absolute(moment: Moment): string {
  const text = written(moment, {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'short',
  });
  return text.replace(/ ?(GMT\S*|UTC) (\d\d:\d\d:\d\d)$/, ' $2 $1');
}

/** The days from `from` until the exclusive `to`: `18 – 24 Nov`, one day if it is one. */
export function daySpan(from: Moment, to: Moment): string {
  const start = msOf(from);
  const end = msOf(to);
  if (start === null || end === null) return UNKNOWN;
  const withYear = dateFormat({ year: 'numeric' });
  const thisYear = withYear.format(start) === withYear.format(Date.now());
  return dateFormat({ day: 'numeric', month: 'short', ...(thisYear ? {} : { year: 'numeric' }) }).formatRange(
    start,
    Math.max(start, end - 1),
  );
}

/** A bucket or any span: `Thu 20 Nov, 12:00 – 18:00`, the end as it is; whole days as days, `Thu 20 Nov`, `18 – 24 Nov`. */
export function span(from: Moment, to: Moment): string {
  const start = msOf(from);
  const end = msOf(to);
  if (start === null || end === null) return UNKNOWN;
  if (end > start && isMidnight(start) && isMidnight(end)) {
    return dayKey(start) === dayKey(end - 1) ? weekday(start) : daySpan(start, end);
  }
  const sameDay = dayKey(start) === dayKey(end - 1);
  const [begins, ends] = [start, end].map((ms) => clock(ms) + offsetMark(ms));
  if (sameDay) return `${weekday(start)}, ${begins} – ${ends}`;
  return `${weekday(start)}, ${begins} – ${weekday(end)}, ${ends}`;
}

function isMidnight(ms: number): boolean {
  return clockSeconds(ms) === '00:00:00';
}

/** The local date of a moment, `2026-11-18`. */
export function dayKey(moment: Moment): string {
  const ms = msOf(moment);
  if (ms === null) return UNKNOWN;
  const parts = Object.fromEntries(
    civil()
      .formatToParts(ms)
      .map(({ type, value }) => [type, value]),
  );
  return `${parts['year']}-${parts['month']}-${parts['day']}`;
}

function civil(): Intl.DateTimeFormat {
  const key = `civil ${zone.name}`;
  let format = cache.get(key);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en', {
      calendar: 'gregory',
      numberingSystem: 'latn',
      timeZone: zone.name,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
    });
    cache.set(key, format);
  }
  return format;
}

const AGES = [
  [60, 'second', 1],
  [3_600, 'minute', 60],
  [86_400, 'hour', 3_600],
  [30 * 86_400, 'day', 86_400],
  [365 * 86_400, 'month', 30 * 86_400],
  [Number.POSITIVE_INFINITY, 'year', 365 * 86_400],
] as const;

const ages = new Map<string, Intl.RelativeTimeFormat>();

/** `4 s ago`, `3 min ago`, `in 2 h`, with the units of durations; `now` is milliseconds of the epoch. */
export function relative(moment: Moment, now: number): string {
  const ms = msOf(moment);
  if (ms === null) return UNKNOWN;
  const seconds = (ms - now) / 1000;
  const [, unit, size] = AGES.find(([limit]) => Math.abs(Math.round(seconds)) < limit) ?? AGES[5];
  let format = ages.get(locale.current);
  if (format === undefined) {
    format = new Intl.RelativeTimeFormat(locale.current, { style: 'short', numeric: 'auto' });
    ages.set(locale.current, format);
  }
  // Simplified Chinese has no space of its own between a figure and what follows it.
  return format
    .format(Math.trunc(Math.round(seconds) / size) || 0, unit)
    .replace(/(\d)(?=\p{Script=Han})/u, '$1 ')
    .replace(/ (sec|min|hr)\./, (_, unit: string) => ` ${{ sec: 's', min: 'min', hr: 'h' }[unit]}`);
}
