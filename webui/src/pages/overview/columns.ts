/** The columns of the tables: how each figure is written, how it moved, and what a row's share is a share of. */
import type { BreakdownRow, Metrics } from '~/api/types.ts';
import {
  type Change,
  change,
  compactColumn,
  duration,
  exact,
  knownCost,
  money,
  moneyExact,
  pointChange,
  rate,
} from '~/format/index.ts';
import type { Sort } from './questions.ts';

const WRITTEN: Readonly<Record<Sort, (metrics: Metrics) => string>> = {
  requests: (metrics) => exact(metrics.requests),
  total_tokens: (metrics) => compactColumn(metrics.total_tokens),
  cache_hit_rate: (metrics) => rate(metrics.cache_hit_rate),
  success_rate: (metrics) => rate(metrics.success_rate),
  latency_p50_ms: (metrics) => duration(metrics.latency_ms.p50),
  cost_nanos: (metrics) => money(knownCost(metrics)),
};

export function figure(column: Sort, metrics: Metrics): string {
  return WRITTEN[column](metrics);
}

/** To the last digit; undefined where the figure is that already. */
export function exactFigure(column: Sort, metrics: Metrics): string | undefined {
  if (column === 'cost_nanos') return moneyExact(knownCost(metrics));
  return column === 'total_tokens' ? exact(metrics.total_tokens) : undefined;
}

export function moved(column: Sort, now: Metrics, then: Metrics | null): Change | null {
  if (!then) return null;
  switch (column) {
    case 'cache_hit_rate':
    case 'success_rate':
      return pointChange(now[column], then[column], 'more_is_good');
    case 'latency_p50_ms':
      return change(now.latency_ms.p50, then.latency_ms.p50, 'more_is_bad');
    case 'cost_nanos':
      return change(knownCost(now), knownCost(then), 'more_is_bad');
    default:
      return change(now[column], then[column], 'neutral');
  }
}

/** Of what the table is sorted by where that adds up, else of the cost. Null, and not 0 %, of a cost that is not known. */
export function shareOf(column: Sort, row: Pick<BreakdownRow, 'metrics' | 'share'>): number | null {
  if (column === 'requests' || column === 'total_tokens') return row.share[column] ?? null;
  return knownCost(row.metrics) === null ? null : (row.share['cost_nanos'] ?? null);
}
