/** One request with everything that is known of it: `GET events/{id}`. */
import type { EventRow } from '~/api/types.ts';

export interface EventError {
  error_class: string;
  status_code: number;
  message: string | null;
  /** At most 4 KiB, secrets masked. */
  body: string | null;
}

export interface PriceLine {
  bucket: 'uncached' | 'cache_read' | 'cache_write' | 'output';
  tokens: number;
  nanos_per_million: number;
  /** With every factor. */
  cost_nanos: number;
}

export interface PriceRule {
  label: string;
  multiplier: number;
}

/** How the cost came about: the price version it was stored with, applied again to its tokens. */
export interface EventPrice {
  id: string;
  source: 'bundled' | 'synced' | 'manual';
  provider: string;
  model: string;
  matched_by: 'as_sent' | 'alias' | 'undecorated' | 'undecorated_alias' | null;
  /** Empty: the base prices. */
  service_tier: string;
  /** Null: always. */
  effective_from: string | null;
  /** These prices hold above so many tokens of input, if they do. */
  context_tier_above: number | null;
  lines: PriceLine[];
  multiplier: number;
  rules: PriceRule[];
  cost_nanos: number;
}

export interface Normalization {
  outcome: string;
  explanation: string;
  caveats: { code: string; message: string }[];
}

export interface RawPayload {
  arrived_at: string;
  transport: string;
  bytes: number;
  /** Null: too large to show. */
  payload: unknown;
}

export interface EventDetail extends EventRow {
  executor_type: string;
  auth_type: string;
  response_service_tier: string;
  client_ip: string | null;
  x_forwarded_for: string | null;
  user_agent: string | null;
  error: EventError | null;
  price: EventPrice | null;
  normalization: Normalization;
  response_headers: Record<string, string>;
  /** Every request with this request_id, this one included. */
  attempts: EventRow[];
  attempts_total: number;
  raw: RawPayload | null;
}

/** Input that was neither read from a cache nor written to one. */
export function uncached(event: EventRow): number {
  return Math.max(0, event.input_tokens - event.cache_read_tokens - event.cache_write_tokens);
}

/** Share of the input that came from a cache, 0 to 1; null without input. */
export function cacheHit(event: EventRow): number | null {
  return event.input_tokens > 0 ? event.cache_read_tokens / event.input_tokens : null;
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
