/** The figures that a drawer begins with, each with its change. */
import type { Metrics } from '~/api/types.ts';
import {
  type Change,
  change,
  compact,
  duration,
  exact,
  knownCost,
  money,
  moneyExact,
  percent,
  pointChange,
  rate,
} from '~/format/index.ts';
import type { MessageKey } from '~/i18n/index.svelte.ts';

export interface Figure {
  readonly label: MessageKey;
  readonly text: (metrics: Metrics) => string;
  /** Every digit. */
  readonly exact: (metrics: Metrics) => string;
  readonly change: (now: Metrics, before: Metrics) => Change | null;
  /** Whether it says what somebody spends. */
  readonly private?: boolean;
}

export const FIGURES = {
  cost: {
    label: 'overview.tile.cost',
    text: (metrics) => money(knownCost(metrics)),
    exact: (metrics) => moneyExact(knownCost(metrics)),
    change: (now, before) => change(knownCost(now), knownCost(before), 'more_is_bad'),
    private: true,
  },
  requests: {
    label: 'overview.tile.requests',
    text: (metrics) => exact(metrics.requests),
    exact: (metrics) => exact(metrics.requests),
    change: (now, before) => change(now.requests, before.requests, 'neutral'),
  },
  tokens: {
    label: 'overview.tile.tokens',
    text: (metrics) => compact(metrics.total_tokens),
    exact: (metrics) => exact(metrics.total_tokens),
    change: (now, before) => change(now.total_tokens, before.total_tokens, 'neutral'),
  },
  success: {
    label: 'overview.tile.success',
    text: (metrics) => rate(metrics.success_rate),
    exact: (metrics) => percent(metrics.success_rate),
    change: (now, before) => pointChange(now.success_rate, before.success_rate, 'more_is_good'),
  },
  latency: {
    label: 'overview.tile.latency',
    text: (metrics) => duration(metrics.latency_ms.p50),
    exact: (metrics) => duration(metrics.latency_ms.p50),
    change: (now, before) => change(now.latency_ms.p50, before.latency_ms.p50, 'more_is_bad'),
  },
} as const satisfies Record<string, Figure>;
export type FigureName = keyof typeof FIGURES;
