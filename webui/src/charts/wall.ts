/**
 * The wall clock of the display zone.
 *
 * Every time in the API is RFC 3339 with the offset of the display zone, so what a clock on the wall
 * showed is in the text itself: no zone arithmetic, and the two 01:00 of an autumn night stay two.
 * Only a cell of a heatmap ("20 Nov, 14 h") has to be turned back into an instant, for which the
 * zone's offset is asked from `Intl`.
 */

export interface Wall {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  /** Milliseconds since the epoch as if the wall clock were in UTC: for formatting with `timeZone: 'UTC'`. */
  readonly utc: number;
}

const DAY = 86_400_000;
const PATTERN = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2}))?/;

/** @throws RangeError for text that is not a time of the API */
export function wall(time: string): Wall {
  const match = PATTERN.exec(time);
  if (!match) throw new RangeError(`not a time: ${time}`);
  const part = (index: number): number => Number(match[index] ?? 0);
  const [year, month, day, hour, minute] = [part(1), part(2), part(3), part(4), part(5)];
  return { year, month, day, hour, minute, utc: Date.UTC(year, month - 1, day, hour, minute) };
}

/** Minutes east of UTC of a zone at an instant. */
function offsetMinutes(zone: string, instant: number): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(instant);
  const field = (type: string): number => Number(parts.find((part) => part.type === type)?.value ?? 0);
  const shown = Date.UTC(
    field('year'),
    field('month') - 1,
    field('day'),
    field('hour'),
    field('minute'),
    field('second'),
  );
  return Math.round((shown - Math.floor(instant / 1000) * 1000) / 60_000);
}

const two = (value: number): string => String(Math.trunc(value)).padStart(2, '0');

/**
 * RFC 3339 with the zone's offset for what a wall clock showed (`utc` as in {@link Wall}).
 * A time that a spring night skipped moves forward with the clock; of two autumn ones the first is meant.
 */
export function zoned(utc: number, zone: string): string {
  const before = offsetMinutes(zone, utc - DAY);
  const after = offsetMinutes(zone, utc + DAY);
  for (const offset of [before, after]) {
    const instant = utc - offset * 60_000;
    if (offsetMinutes(zone, instant) === offset) return stamp(instant, offset);
  }
  return stamp(utc - before * 60_000, after);
}

/** RFC 3339 of an instant, in the zone. */
export function inZone(instant: number, zone: string): string {
  return stamp(instant, offsetMinutes(zone, instant));
}

function stamp(instant: number, offset: number): string {
  const local = new Date(instant + offset * 60_000).toISOString().slice(0, 19);
  const size = Math.abs(offset);
  return `${local}${offset < 0 ? '-' : '+'}${two(size / 60)}:${two(size % 60)}`;
}
