/**
 * The wall clock of the display zone.
 *
 * Every time in the API is RFC 3339 with the offset of the display zone, so what a clock on the wall
 * showed is in the text itself: no zone arithmetic, and the two 01:00 of an autumn night stay two.
 */

export interface WallTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  /** Milliseconds since the epoch as if the wall clock were in UTC: for formatting with `timeZone: 'UTC'`. */
  readonly utc: number;
}

const PATTERN = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2}))?/;

/** @throws RangeError for text that is not a time of the API */
export function wallTime(time: string): WallTime {
  const match = PATTERN.exec(time);
  if (!match) throw new RangeError(`not a time: ${time}`);
  const part = (index: number): number => Number(match[index] ?? 0);
  const [year, month, day, hour, minute] = [part(1), part(2), part(3), part(4), part(5)];
  return { year, month, day, hour, minute, utc: Date.UTC(year, month - 1, day, hour, minute) };
}
