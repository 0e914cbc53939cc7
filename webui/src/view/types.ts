/**
 * What a view of the dashboard is: everything that decides what the screen shows and is not a taste of the person.
 * It lives in the URL (address.ts) and nowhere else. `null` means "as the page has it by default" and is not written.
 */
export const PAGES = ['overview', 'requests'] as const;
export type PageName = (typeof PAGES)[number];

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

export const GRANULARITIES = ['auto', 'minute', 'hour', 'day', 'week', 'month'] as const;
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

export interface View {
  readonly page: PageName;
  readonly range: Range;
  readonly compare: Comparison;
  readonly granularity: Granularity;
  readonly filters: readonly Filter[];
  readonly bounds: Bounds;
  /** Free text that requests are searched for. */
  readonly q: string;
  /** What the main chart groups by. */
  readonly group: Dimension | null;
  /** What the main chart measures. */
  readonly metric: string | null;
  /** Which of a card's tabs is open. */
  readonly tab: string | null;
  /** A column to sort by, `-` first for descending. */
  readonly sort: string | null;
  /** The row whose drawer is open. */
  readonly open: string | null;
  /** The columns of a table, in order, or the name of a preset as its only element. */
  readonly columns: readonly string[] | null;
}

export const DEFAULT_VIEW: View = {
  page: 'overview',
  range: { preset: '7d' },
  compare: 'previous',
  granularity: 'auto',
  filters: [],
  bounds: {},
  q: '',
  group: null,
  metric: null,
  tab: null,
  sort: null,
  open: null,
  columns: null,
};
