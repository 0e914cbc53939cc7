/** What the main chart can measure, and how each measure is asked for, drawn and judged. */
import type { Metrics } from '~/api/types.ts';
import type { Quantity } from '~/charts/scale.ts';
import {
  compact,
  duration,
  durationExact,
  exact,
  knownCost,
  money,
  moneyShort,
  type Polarity,
} from '~/format/index.ts';
import type { Dimension } from '~/view/types.ts';

export const TABS = ['cost', 'tokens', 'requests', 'latency', 'errors'] as const;
export type Tab = (typeof TABS)[number];

/** As the URL writes it: a tab, or one of the percentiles behind the latency tab. */
export const MEASURES = ['cost', 'tokens', 'requests', 'latency', 'latency_p50', 'errors'] as const;
export type MeasureName = (typeof MEASURES)[number];

export interface Measure {
  readonly name: MeasureName;
  readonly tab: Tab;
  /** The question that the chart answers, as a key of the texts. */
  readonly title: `overview.chart.${'cost' | 'tokens' | 'requests' | 'latency_p95' | 'latency_p50' | 'errors'}`;
  /** The metric of `/timeseries` that is drawn. */
  readonly metric: string;
  /** What groups are ranked by. */
  readonly ranked: string;
  /** The same figure among those of a group. */
  readonly of: (metrics: Metrics) => number | null;
  readonly additive: boolean;
  readonly quantity: Quantity;
  readonly polarity: Polarity;
  readonly short: (value: number) => string;
  readonly exact: (value: number) => string;
}

const COUNT = { additive: true, quantity: 'count', short: compact, exact } as const;
const TIME = {
  additive: false,
  quantity: 'duration',
  polarity: 'more_is_bad',
  ranked: 'latency_p95_ms',
  short: (ms: number) => (ms === 0 ? '0' : duration(ms)),
  exact: duration,
} as const;

export const measures: Record<MeasureName, Measure> = {
  cost: {
    name: 'cost',
    tab: 'cost',
    title: 'overview.chart.cost',
    metric: 'cost_nanos',
    ranked: 'cost_nanos',
    of: knownCost,
    additive: true,
    quantity: 'money',
    polarity: 'more_is_bad',
    // An axis of thousands is read in thousands.
    short: (nanos) => (nanos < 1e12 ? moneyShort(nanos) : `$${compact(nanos / 1e9)}`),
    exact: money,
  },
  tokens: {
    ...COUNT,
    name: 'tokens',
    tab: 'tokens',
    title: 'overview.chart.tokens',
    metric: 'total_tokens',
    ranked: 'total_tokens',
    of: (metrics) => metrics.total_tokens,
    polarity: 'neutral',
    exact: compact,
  },
  requests: {
    ...COUNT,
    name: 'requests',
    tab: 'requests',
    title: 'overview.chart.requests',
    metric: 'requests',
    ranked: 'requests',
    of: (metrics) => metrics.requests,
    polarity: 'neutral',
  },
  latency: {
    ...TIME,
    name: 'latency',
    tab: 'latency',
    title: 'overview.chart.latency_p95',
    metric: 'latency_p95_ms',
    of: (metrics) => metrics.latency_ms.p95,
  },
  latency_p50: {
    ...TIME,
    name: 'latency_p50',
    tab: 'latency',
    title: 'overview.chart.latency_p50',
    metric: 'latency_p50_ms',
    of: (metrics) => metrics.latency_ms.p50,
  },
  errors: {
    ...COUNT,
    name: 'errors',
    tab: 'errors',
    title: 'overview.chart.errors',
    metric: 'failed',
    ranked: 'failed',
    of: (metrics) => metrics.failed,
    polarity: 'more_is_bad',
  },
};

/** Text of every digit, for a copy or a title. */
export function everyDigit(measure: Measure, value: number): string {
  return measure.quantity === 'duration'
    ? durationExact(value)
    : measure.quantity === 'money'
      ? money(value)
      : exact(value);
}

/** The measure an address asks for; cost when it asks for none that there is. */
export function measureOf(name: string | null): Measure {
  return measures[MEASURES.find((known) => known === name) ?? 'cost'];
}

/** The tabs of the table and what the main chart can be cut by, most asked for first. */
export const GROUPS = [
  'model',
  'api_key',
  'credential',
  'provider',
  'client',
  'endpoint',
  'result',
  'status',
  'error_class',
  'reasoning_effort',
  'service_tier',
  'response_service_tier',
  'executor',
  'auth_type',
] as const satisfies readonly Dimension[];

/** Latency is looked at as a whole first: null. Everything else by model. */
export function groupOf(group: Dimension | null, measure: Measure): Dimension | null {
  return group ?? (measure.tab === 'latency' ? null : 'model');
}

export function tableOf(tab: string | null): Dimension {
  return GROUPS.find((known) => known === tab) ?? 'model';
}
