/** What follows from what is known of a request. */
import type { EventDetail, EventRow } from '~/api/types.ts';

/** How a cost came about: the price version that it was stored with, applied again to its tokens. */
export type EventPrice = NonNullable<EventDetail['price']>;

/** Input that was neither read from a cache nor written to one. */
export function uncached(event: EventRow): number {
  return Math.max(0, event.input_tokens - event.cache_read_tokens - event.cache_write_tokens);
}

/**
 * Whether the request id is that of a WebSocket connection, which CPA serves on GET routes: all turns of a connection
 * share it (measured on v7.2.140), so that they are no attempts of one request.
 */
export function isTurn({ endpoint }: Pick<EventRow, 'endpoint'>): boolean {
  return endpoint.startsWith('GET ');
}

/** Whether CPA may have missed cache hits. */
export function hitsAreHidden(event: EventRow): boolean {
  return event.cost_marks.includes('upper_bound');
}

/**
 * Share of the input that came from a cache, 0 to 1; null without input, and where CPA does not tell: of Kimi's chat
 * it reports no reads, and the cost is an upper bound, so that none does not mean none.
 */
export function cacheHit(event: EventRow): number | null {
  if (event.input_tokens === 0 || (hitsAreHidden(event) && event.cache_read_tokens === 0)) return null;
  return event.cache_read_tokens / event.input_tokens;
}

/** Time after the first byte, in milliseconds; null where the first byte was not observed. */
export function generationMs(event: EventRow): number | null {
  return event.ttft_ms === null ? null : Math.max(0, event.latency_ms - event.ttft_ms);
}

/** An answer that came all at once says nothing about how fast it was written. */
const AT_ONCE_MS = 100;

/** Output tokens a second after the first byte; null where it cannot be known. */
export function outputSpeed(event: EventRow): number | null {
  const generation = generationMs(event);
  if (event.result === 'failed' || event.output_tokens === 0) return null;
  if (generation === null || generation < AT_ONCE_MS) return null;
  return (event.output_tokens * 1000) / generation;
}
