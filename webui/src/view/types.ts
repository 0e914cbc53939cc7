/** The closed sets that a view is made of, under the names of the API. */
export type { PageName, View } from './state.ts';

/** Everything one can filter and group by, under the names of the API. */
export const DIMENSIONS = [
  'model',
  'provider',
  'credential',
  'api_key',
  'endpoint',
  'client',
  'result',
  'status',
  'error_class',
  'reasoning_effort',
  'service_tier',
  'executor',
  'auth_type',
  'response_service_tier',
] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/** Rolling ranges end now; days are whole local days, today included. */
export const ROLLING = ['15m', '30m', '1h', '4h', '5h', '6h', '8h', '12h', '24h'] as const;
export const DAYS = ['7d', '14d', '30d', '90d', '365d'] as const;
export const NAMED = [
  'today',
  'yesterday',
  'this_week',
  'last_week',
  'this_month',
  'last_month',
  'all',
] as const;
export const PRESETS = [...ROLLING, ...DAYS, ...NAMED] as const;
export type Preset = (typeof PRESETS)[number];

/**
 * A preset, or a span with an exclusive end. Both ends are local dates (`2026-11-18`, in the server's zone) or both are
 * instants (RFC 3339).
 */
export type Range = { readonly preset: Preset } | { readonly from: string; readonly to: string };

export const COMPARISONS = ['previous', 'week', 'none'] as const;
export type Comparison = (typeof COMPARISONS)[number];

export const GRANULARITIES = ['auto', 'minute', '5m', '15m', 'hour', '6h', 'day', 'week', 'month'] as const;
export type Granularity = (typeof GRANULARITIES)[number];

/** "model is a or b", or its negation. A view has at most one filter for each dimension and sense. */
export interface Filter {
  readonly dimension: Dimension;
  readonly negated: boolean;
  readonly values: readonly string[];
}

/** Limits on single requests, as the API names them; integers. */
export const BOUNDS = ['min_cost_nanos', 'max_cost_nanos', 'min_latency_ms', 'max_latency_ms'] as const;
export type Bound = (typeof BOUNDS)[number];
export type Bounds = { readonly [B in Bound]?: number };
