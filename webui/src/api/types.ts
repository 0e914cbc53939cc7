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
  /** The totals of the period before, bucket by bucket. */
  compare: { from: string; to: string; buckets: string[]; metrics: Record<string, (number | null)[]> } | null;
}

export interface BreakdownRow {
  group: Named;
  metrics: Metrics;
  share: Record<string, number | null>;
  compare: Metrics | null;
}

export interface Breakdown {
  selection: Selection;
  by: Dimension;
  rows: BreakdownRow[];
  total: Metrics;
  compare: Compared | null;
  rows_total: number;
  /** The rows beyond the limit, as one. */
  other: {
    rows: number;
    metrics: Metrics;
    share: Record<string, number | null>;
    compare: Metrics | null;
  } | null;
}

export interface Heatmap {
  selection: Selection;
  metric: string;
  x_axis: string;
  y_axis: string;
  /** Weekdays are 1 (Monday) to 7, hours 0 to 23, days local dates. */
  x: (number | string | Named)[];
  y: (number | string | Named)[];
  /** `cells[y][x]` */
  cells: (number | null)[][];
  requests: number[][];
  max: number | null;
}

export interface FilterChoice extends Named {
  requests: number;
}

export type Filters = { selection?: Selection } & Partial<Record<Dimension, FilterChoice[]>>;

export interface Trouble {
  code: string;
  message: string;
  since: string | null;
}

export interface Status {
  version: string;
  schema: number;
  now: string;
  zone: string;
  /** CPA's management page; null: on the page's own origin. */
  cpa_url: string | null;
  /** Null: it has never run on this database. */
  ingestd: {
    version: string;
    state: string;
    started_at: string;
    heartbeat_at: string;
    alive: boolean;
    queue: { mode: string; connected: boolean; last_event_at: string | null; trouble: Trouble | null } | null;
    inbox: { pending: number; rejected: number } | null;
    lag_seconds: number | null;
  } | null;
  database: {
    bytes: number;
    wal_bytes: number;
    events: number;
    first_event_at: string | null;
    last_event_at: string | null;
  };
  tasks: { name: string; started_at: string; duration_ms: number; outcome: string; detail: string }[];
  problems: (Trouble & { severity: 'error' | 'warning' })[];
}

export interface Live {
  bucket_seconds: number;
  buckets: string[];
  requests: number[];
  failed: number[];
  total_tokens: number[];
  cost_nanos: number[];
  latest: EventRow[];
}

export interface EventRow {
  id: string;
  occurred_at: string;
  result: 'succeeded' | 'failed';
  status_code: number;
  error_class: string | null;
  /** The gist of the error body, one line. */
  error_message: string | null;
  provider: string;
  model: Named;
  alias: string | null;
  credential: Named;
  api_key: Named;
  endpoint: string;
  client: string;
  reasoning_effort: string;
  service_tier: string;
  generate: boolean;
  request_id: string | null;
  latency_ms: number;
  ttft_ms: number | null;
  input_tokens: number;
  cache_read_tokens: number;
  cache_write_tokens: number;
  output_tokens: number;
  reasoning_tokens: number;
  unclassified_tokens: number;
  total_tokens: number;
  cost_nanos: number | null;
  cost_state: 'priced' | 'unpriced' | 'unmetered';
}

export interface Events {
  selection: Selection;
  events: EventRow[];
  next_cursor: string | null;
  head_cursor: string;
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
