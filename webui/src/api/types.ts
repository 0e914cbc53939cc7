/**
 * The answers of the API, as far as the dashboard reads them. Times are RFC 3339 in the server's zone, money is in
 * nano-dollars, rates are fractions 0 to 1, latencies are milliseconds; `null` is "cannot be known".
 */
import type { Dimension } from '~/view/types.ts';

/** A value of a dimension: an opaque id to filter by, and what people call it. */
export interface Named {
  id: string;
  label: string;
  provider?: string | null;
}

export interface Selection {
  from: string;
  to: string;
  elapsed_seconds: number;
  zone: string;
  filters: Partial<Record<Dimension, string[]>>;
}

/** Percentiles over the requests that have the value; all null when `count` is 0. */
export interface Percentiles {
  p50: number | null;
  p90: number | null;
  p95: number | null;
  p99: number | null;
  max: number | null;
  count: number;
}

export interface Metrics {
  requests: number;
  succeeded: number;
  failed: number;
  success_rate: number | null;
  input_tokens: number;
  cache_read_tokens: number;
  cache_write_tokens: number;
  output_tokens: number;
  reasoning_tokens: number;
  unclassified_tokens: number;
  total_tokens: number;
  cache_hit_rate: number | null;
  cost_nanos: number | null;
  unpriced_requests: number;
  unmetered_requests: number;
  rpm: number | null;
  tpm: number | null;
  latency_ms: Percentiles;
  ttft_ms: Percentiles;
  output_speed: Percentiles;
}

export interface Compared {
  from: string;
  to: string;
  metrics: Metrics;
}

export interface Sparkline {
  buckets: string[];
  requests: (number | null)[];
  total_tokens: (number | null)[];
  cost_nanos: (number | null)[];
  cache_hit_rate: (number | null)[];
  success_rate: (number | null)[];
  latency_p50_ms: (number | null)[];
  rpm: (number | null)[];
}

export interface ContributionPart {
  filters: Partial<Record<Dimension, string>>;
  labels: Partial<Record<Dimension, string>>;
  change: number;
  share: number;
}

export interface Contribution {
  metric: string;
  change: number;
  parts: ContributionPart[];
  when: { from: string; to: string; change: number; share: number } | null;
}

export interface Summary {
  selection: Selection;
  metrics: Metrics;
  compare: Compared | null;
  sparkline?: Sparkline;
  contribution?: Contribution | null;
  as_of: string;
  revision: string;
}

export interface Series {
  group: Named | null;
  metrics: Record<string, (number | null)[]>;
}

export interface Timeseries {
  selection: Selection;
  granularity: string;
  buckets: string[];
  /** Indexes of buckets that are still in progress. */
  partial: number[];
  series: Series[];
  compare: { buckets: string[]; series: Series[] } | null;
}

export interface BreakdownRow {
  group: Named | null;
  metrics: Metrics;
  share: Record<string, number | null>;
  compare: Metrics | null;
}

export interface Breakdown {
  selection: Selection;
  by: Dimension;
  rows: BreakdownRow[];
  total: Metrics;
  rows_total: number;
  other: Metrics | null;
}

export interface Heatmap {
  selection: Selection;
  x: (string | number)[];
  y: (string | number)[];
  cells: (number | null)[][];
  requests?: number[][];
  max: number | null;
}

export interface FilterChoice extends Named {
  requests: number;
}

export type Filters = { selection?: Selection } & Partial<Record<Dimension, FilterChoice[]>>;

export interface Status {
  version: string;
  schema: number;
  now: string;
  ingestd: {
    heartbeat_at: string | null;
    state: string;
    queue: { mode: string; connected: boolean; last_event_at: string | null; last_error: string | null };
    inbox: { pending: number; rejected: number };
    lag_seconds: number | null;
  };
  database: { bytes: number; wal_bytes: number; events: number; first_event_at: string | null };
  tasks: unknown[];
  problems: { code: string; message: string; since: string }[];
}

export interface Live {
  bucket_seconds: number;
  buckets: string[];
  requests: number[];
  failed: number[];
  total_tokens: number[];
  latest: EventRow[];
}

export interface EventRow {
  id: string;
  occurred_at: string;
  result: 'succeeded' | 'failed';
  status_code: number | null;
  error_class: string | null;
  provider: string;
  model: Named;
  alias: string | null;
  credential: Named | null;
  api_key: Named | null;
  endpoint: string | null;
  client: string | null;
  reasoning_effort: string | null;
  service_tier: string | null;
  latency_ms: number | null;
  ttft_ms: number | null;
  input_tokens: number;
  cache_read_tokens: number;
  cache_write_tokens: number;
  output_tokens: number;
  reasoning_tokens: number;
  unclassified_tokens: number;
  total_tokens: number;
  cost_nanos: number | null;
  cost_state: string;
}

export interface Events {
  selection?: Selection;
  events: EventRow[];
  next_cursor: string | null;
  newer: number;
}

/** What each question is answered with, by its path below `api/v1/`. */
export interface Answers {
  summary: Summary;
  timeseries: Timeseries;
  breakdown: Breakdown;
  heatmap: Heatmap;
  filters: Filters;
  status: Status;
  live: Live;
  events: Events;
  [event: `events/${string}`]: unknown;
}

export type Path = keyof Answers;
