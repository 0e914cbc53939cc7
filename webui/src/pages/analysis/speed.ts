/** What Speed measures: how each observation is asked for, named and written. */
import type { Breakdown, BreakdownRow, Metrics, Percentiles, Timeseries } from '~/api/types.ts';
import type { Quantity } from '~/charts/scale.ts';
import type { Series, Value } from '~/charts/series.ts';
import { begunOf } from '~/figures/chart_series.ts';
import { ENOUGH } from '~/figures/latency.ts';
import { compact, decimal, duration, type Polarity } from '~/format/index.ts';
import type { Observation } from './parameters.ts';

export const PERCENTILES = ['p50', 'p95', 'p99'] as const;
type Percentile = (typeof PERCENTILES)[number];

const COLORS: Readonly<Record<Percentile, string>> = {
  p50: 'var(--series-3)',
  p95: 'var(--series-0)',
  p99: 'var(--series-2)',
};

interface Observed {
  readonly metric: (percentile: Percentile) => string;
  readonly polarity: Polarity;
  readonly quantity: Quantity;
  readonly text: (value: number) => string;
}

const TIME = {
  polarity: 'more_is_bad',
  quantity: 'duration',
  text: (ms: number) => (ms === 0 ? '0' : duration(ms)),
} as const;

export const OBSERVED: Readonly<Record<Observation, Observed>> = {
  latency_ms: { ...TIME, metric: (percentile) => `latency_${percentile}_ms` },
  ttft_ms: { ...TIME, metric: (percentile) => `ttft_${percentile}_ms` },
  output_speed: {
    metric: (percentile) => `output_speed_${percentile}`,
    polarity: 'more_is_good',
    quantity: 'count',
    text: (value) => (value < 100 ? decimal(value, value < 10 ? 1 : 0) : compact(Math.round(value))),
  },
};

/** The percentile that decides how slow something is: most answers take less, or are quicker than half. */
export function telling(of: Observation): 'p50' | 'p95' {
  return of === 'output_speed' ? 'p50' : 'p95';
}

export function percentilesOf(metrics: Metrics, of: Observation): Percentiles {
  return metrics[of];
}

/** Those with enough answers to tell, the slowest first; then the others. */
export function bySlowness(data: Breakdown, of: Observation): BreakdownRow[] {
  const value = (row: BreakdownRow): number => row.metrics[of][telling(of)] ?? 0;
  const sign = of === 'output_speed' ? 1 : -1;
  const known = data.rows.filter((row) => row.metrics[of].count > 0);
  const isEnough = (row: BreakdownRow): boolean => row.metrics[of].count >= ENOUGH;
  return [
    ...known.filter(isEnough).sort((one, other) => sign * (value(one) - value(other))),
    ...known.filter((row) => !isEnough(row)),
  ];
}

/** Lines of percentiles with their past; a point needs twenty answers. */
export function percentileLines(answer: Timeseries, of: Observation, totals: Breakdown | null): Series[] {
  const own = answer.series[0]?.metrics ?? {};
  const begun = begunOf(answer);
  const known = (values: readonly Value[] | undefined, counts: readonly Value[] | undefined): Value[] =>
    (values ?? []).map((value, bucket) => ((counts?.[bucket] ?? 0) >= ENOUGH ? value : null));
  return PERCENTILES.toReversed().map((percentile): Series => {
    const metric = OBSERVED[of].metric(percentile);
    const past = answer.compare?.metrics;
    return {
      id: percentile,
      label: percentile,
      color: COLORS[percentile],
      values: known(own[metric], own['succeeded']).map((value, bucket) => (bucket < begun ? value : null)),
      previous: past ? known(past[metric], past['succeeded']).slice(0, answer.buckets.length) : null,
      whole: totals?.total[of][percentile] ?? null,
      previousWhole: totals?.compare?.metrics[of][percentile] ?? null,
    };
  });
}
