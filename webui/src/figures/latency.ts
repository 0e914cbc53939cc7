/**
 * How long requests took, as the main chart draws it. Percentiles of a handful of requests are noise: a point needs
 * twenty, else its bucket widens to the next longer one of the API, and at last to the whole period.
 */
import type { Breakdown, Metrics, Timeseries } from '~/api/types.ts';
import { type Series, type Value, whole } from '~/charts/series.ts';
import { begunOf } from './chart_series.ts';

/** Requests that a percentile needs to say anything. */
export const ENOUGH = 20;

export const PERCENTILES = ['p50', 'p95', 'p99'] as const;
export type Percentile = (typeof PERCENTILES)[number];

/** From quick to slow; the band lies between the first two. */
const COLORS: Record<Percentile, string> = {
  p50: 'var(--series-3)',
  p95: 'var(--series-0)',
  p99: 'var(--series-2)',
};

export const metricOf = (percentile: Percentile): string => `latency_${percentile}_ms`;

/** The groups that are drawn: the slowest by p95 of those with requests enough to tell. */
export function slowest(groups: Breakdown, most: number): string[] {
  return groups.rows
    .filter(({ metrics }) => metrics.succeeded >= ENOUGH && metrics.latency_ms.p95 !== null)
    .sort((one, other) => (other.metrics.latency_ms.p95 ?? 0) - (one.metrics.latency_ms.p95 ?? 0))
    .slice(0, most)
    .map(({ group }) => group.id);
}

interface Counted {
  readonly values: readonly Value[];
  readonly counts: readonly Value[];
}

function counted(answer: Timeseries, groupId: string | null, metric: string): Counted | null {
  const found = answer.series.find(({ group }) => (group?.id ?? null) === groupId);
  return found ? { values: found.metrics[metric] ?? [], counts: found.metrics['succeeded'] ?? [] } : null;
}

/** Whether some point has requests, but fewer than enough. */
export function isThin(answer: Timeseries): boolean {
  return answer.series.some(({ metrics }) =>
    (metrics['succeeded'] ?? []).some((count) => count !== null && count > 0 && count < ENOUGH),
  );
}

/**
 * One value a bucket. Where one of the buckets that make up a longer one is thin, all of them show what the longer one came
 * to, and where that is thin, too, what the whole period did. Null where nothing is known, or too little.
 */
export function widened(
  fine: Timeseries,
  coarse: Timeseries | null,
  groupId: string | null,
  metric: string,
  period: Value,
): Value[] {
  const own = counted(fine, groupId, metric);
  if (own === null) return [];
  const wide = coarse && counted(coarse, groupId, metric);
  const starts = (coarse?.buckets ?? []).map((start) => Date.parse(start));
  const begun = begunOf(fine);
  let last = 0;
  const over = fine.buckets.map((start) => {
    while (last + 1 < starts.length && (starts[last + 1] ?? 0) <= Date.parse(start)) last += 1;
    return wide ? last : 0;
  });
  const thin = new Set(
    over.filter((_, bucket) => {
      const count = own.counts[bucket] ?? 0;
      return count > 0 && count < ENOUGH;
    }),
  );
  return fine.buckets.map((_, bucket) => {
    if (bucket >= begun) return null;
    const above = over[bucket] ?? 0;
    if (!thin.has(above)) return own.values[bucket] ?? null;
    if (!wide) return (own.counts[bucket] ?? 0) >= ENOUGH ? (own.values[bucket] ?? null) : null;
    return (wide.counts[above] ?? 0) >= ENOUGH ? (wide.values[above] ?? null) : period;
  });
}

/** What the whole period came to, if it had requests enough. */
function period(metrics: Metrics | undefined | null, percentile: Percentile): Value {
  return metrics && metrics.succeeded >= ENOUGH ? metrics.latency_ms[percentile] : null;
}

/** The percentiles of everything: the first look. */
export function percentileSeries(
  fine: Timeseries,
  coarse: Timeseries | null,
  totals: Breakdown | null,
): Series[] {
  return PERCENTILES.toReversed().map(
    (percentile): Series => ({
      id: percentile,
      label: percentile,
      color: COLORS[percentile],
      values: widened(fine, coarse, null, metricOf(percentile), period(totals?.total, percentile)),
      previous: previousOf(fine, metricOf(percentile)),
      whole: totals?.total.latency_ms[percentile] ?? null,
      previousWhole: totals?.compare?.metrics.latency_ms[percentile] ?? null,
    }),
  );
}

function previousOf(answer: Timeseries, metric: string): readonly Value[] | null {
  const { compare } = answer;
  if (!compare) return null;
  const counts = compare.metrics['succeeded'] ?? [];
  return (compare.metrics[metric] ?? [])
    .slice(0, answer.buckets.length)
    .map((value, bucket) => ((counts[bucket] ?? 0) >= ENOUGH ? value : null));
}

/** One percentile of the slowest groups, the slowest first. */
export function groupSeries(
  fine: Timeseries,
  coarse: Timeseries | null,
  groups: Breakdown,
  percentile: Percentile,
  dress: { readonly color: (id: string) => string; readonly label: (id: string, label: string) => string },
): Series[] {
  const found = fine.series.flatMap(({ group }): Series[] => {
    if (group === null) return [];
    const row = groups.rows.find((one) => one.group.id === group.id);
    return [
      {
        id: `=${group.id}`,
        label: dress.label(group.id, group.label),
        color: dress.color(group.id),
        values: widened(fine, coarse, group.id, metricOf(percentile), period(row?.metrics, percentile)),
        whole: row?.metrics.latency_ms[percentile] ?? null,
        previousWhole: row?.compare?.latency_ms[percentile] ?? null,
      },
    ];
  });
  return found.sort((one, other) => (whole(other) ?? 0) - (whole(one) ?? 0));
}
