/**
 * Local dates and the instants they begin at, in a time zone. A date is `2026-11-18`, as in the address; an instant is
 * milliseconds of the epoch. Arithmetic on dates knows no zone; only `startOf` and `dateOf` do, so that a day of 23 or 25
 * hours is still one day.
 */
const DAY_MS = 86_400_000;

const clocks = new Map<string, Intl.DateTimeFormat>();

/** The date and time that clocks in `zone` show, as if they were UTC. */
function wallClock(instant: number, zone: string): number {
  let format = clocks.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-u-ca-gregory-nu-latn', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    clocks.set(zone, format);
  }
  const parts = Object.fromEntries(
    format.formatToParts(instant).map((part) => [part.type, Number(part.value)]),
  );
  const of = (name: string): number => parts[name] ?? 0;
  return Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'));
}

/** How far `zone` is ahead of UTC at an instant, in milliseconds. */
export function offsetAt(instant: number, zone: string): number {
  const whole = Math.floor(instant / 1000) * 1000;
  return wallClock(whole, zone) - whole;
}

/**
 * The instant at which clocks in `zone` show `local` (`2026-11-18` or `2026-11-18T14:30`). Where they jump over it, the
 * instant of the jump's far side; where they show it twice, the first.
 */
export function instantOf(local: string, zone: string): number {
  const wall = Date.parse(`${local.length === 10 ? `${local}T00:00` : local}Z`);
  // The offset half a day before and after are those of either side of a change.
  const before = wall - offsetAt(wall - DAY_MS / 2, zone);
  const after = wall - offsetAt(wall + DAY_MS / 2, zone);
  const shown = [before, after].filter((instant) => wallClock(instant, zone) === wall);
  return shown.length > 0 ? Math.min(...shown) : before;
}

/** The local date at an instant. */
export function dateOf(instant: number, zone: string): string {
  return isoDate(wallClock(Math.floor(instant / 1000) * 1000, zone));
}

/** An instant as RFC 3339 in a zone, to the minute or second: `2026-11-18T14:30:00+08:00`. */
export function rfc3339(instant: number, zone: string): string {
  const whole = Math.floor(instant / 1000) * 1000;
  const minutes = Math.round(offsetAt(whole, zone) / 60_000);
  const local = new Date(whole + minutes * 60_000).toISOString().slice(0, 19);
  const size = Math.abs(minutes);
  const two = (number: number): string => String(number).padStart(2, '0');
  return `${local}${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

export function addDays(date: string, days: number): string {
  return isoDate(Date.parse(`${date}T00:00Z`) + days * DAY_MS);
}

/** The first day of the month that is `months` after the date's. */
export function monthStart(date: string, months = 0): string {
  return isoDate(Date.UTC(Number(date.slice(0, 4)), Number(date.slice(5, 7)) - 1 + months, 1));
}

/** The Monday on or before the date. */
export function weekStart(date: string): string {
  const weekday = (new Date(`${date}T00:00Z`).getUTCDay() + 6) % 7;
  return addDays(date, -weekday);
}

/** How many days lie from one date to another. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00Z`) - Date.parse(`${from}T00:00Z`)) / DAY_MS);
}

/** Whether the text is a date of the calendar; `2026-02-30` is none. */
export function isDate(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && isoDate(Date.parse(`${text}T00:00Z`)) === text;
}

function isoDate(wall: number): string {
  return Number.isFinite(wall) ? new Date(wall).toISOString().slice(0, 10) : '';
}
