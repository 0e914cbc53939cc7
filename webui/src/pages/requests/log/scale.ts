/** How long a latency bar is for a second: one scale for all rows, so that bars can be compared down the column. */
import type { EventRow } from '~/api/types.ts';

/** Rows that decide the scale. Later pages do not change it: what is drawn never moves. */
const SAMPLE = 100;
/** A tenth of the rows may be longer than the scale, so that one request of ten minutes does not flatten all others. */
const QUANTILE = 0.9;

/** The milliseconds of a full bar: 1, 2 or 5 times a power of ten. */
export function fullBar(events: readonly EventRow[]): number {
  const known = events
    .slice(0, SAMPLE)
    .map((event) => event.latency_ms)
    .filter((latency) => latency > 0)
    .sort((a, b) => a - b);
  const long = known[Math.ceil(known.length * QUANTILE) - 1];
  if (long === undefined) return 1;
  const power = 10 ** Math.floor(Math.log10(long));
  return ([1, 2, 5].find((step) => long <= step * power) ?? 10) * power;
}

export interface Bar {
  /** Parts of a full bar, 0 to 1. */
  readonly first: number;
  readonly rest: number;
  /** Longer than a full bar, which it is cut to. */
  readonly cut: boolean;
}

/** The bar of one request: until the first byte, and after it. All of it is `rest` where the first byte was not observed. */
export function bar(event: EventRow, full: number): Bar {
  const whole = Math.min(1, event.latency_ms / full);
  const first = Math.min(whole, (event.ttft_ms ?? 0) / full);
  return { first, rest: whole - first, cut: event.latency_ms > full };
}
