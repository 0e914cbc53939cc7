/** The kinds of tokens: what each takes of the API's sums, which count reads and writes as input, reasoning as output. */
import type { Metrics, Timeseries } from '~/api/types.ts';
import type { Value } from '~/charts/series.ts';

export const KINDS = ['cache_read', 'uncached', 'cache_write', 'output', 'reasoning'] as const;
export type Kind = (typeof KINDS)[number];

/** The colours of the request's drawer. */
export const KIND_COLORS: Readonly<Record<Kind, string>> = {
  uncached: 'var(--series-0)',
  cache_read: 'var(--series-3)',
  cache_write: 'var(--series-1)',
  output: 'var(--series-4)',
  reasoning: 'var(--series-6)',
};

type Of = (sum: (metric: string) => number) => number;

const TOKENS: Readonly<Record<Kind, Of>> = {
  cache_read: (sum) => sum('cache_read_tokens'),
  uncached: (sum) =>
    Math.max(0, sum('input_tokens') - sum('cache_read_tokens') - sum('cache_write_tokens')) +
    sum('unclassified_tokens'),
  cache_write: (sum) => sum('cache_write_tokens'),
  output: (sum) => Math.max(0, sum('output_tokens') - sum('reasoning_tokens')),
  reasoning: (sum) => Math.min(sum('reasoning_tokens'), sum('output_tokens')),
};

const COSTS: Readonly<Record<Kind, Of>> = {
  cache_read: (sum) => sum('cost_cache_read_nanos'),
  uncached: (sum) => sum('cost_uncached_nanos'),
  cache_write: (sum) => sum('cost_cache_write_nanos'),
  output: (sum) => sum('cost_output_nanos') - sum('cost_reasoning_nanos'),
  reasoning: (sum) => sum('cost_reasoning_nanos'),
};

export type Amount = 'tokens' | 'cost';
const OF: Readonly<Record<Amount, Readonly<Record<Kind, Of>>>> = { tokens: TOKENS, cost: COSTS };

/** What `/timeseries` is asked for, so that kinds can be told from it. */
export const KIND_METRICS: Readonly<Record<Amount, readonly string[]>> = {
  tokens: [
    'input_tokens',
    'cache_read_tokens',
    'cache_write_tokens',
    'output_tokens',
    'reasoning_tokens',
    'unclassified_tokens',
    'total_tokens',
  ],
  cost: [
    'cost_uncached_nanos',
    'cost_cache_read_nanos',
    'cost_cache_write_nanos',
    'cost_output_nanos',
    'cost_reasoning_nanos',
    'cost_nanos',
  ],
};

/** The part of one kind in a set of requests. */
export function partOf(metrics: Metrics, amount: Amount, kind: Kind): number {
  const sums = metrics as unknown as Readonly<Record<string, number | undefined>>;
  return OF[amount][kind]((metric) => sums[metric] ?? 0);
}

/** The part of one kind in each bucket; null where nothing is known. */
export function partsOverTime(
  metrics: Timeseries['series'][number]['metrics'],
  amount: Amount,
  kind: Kind,
): Value[] {
  const whole = metrics[KIND_METRICS[amount].at(-1) ?? ''] ?? [];
  return whole.map((value, bucket) =>
    value === null ? null : OF[amount][kind]((metric) => metrics[metric]?.[bucket] ?? 0),
  );
}
