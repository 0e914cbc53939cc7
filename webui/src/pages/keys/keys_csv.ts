/** The table of keys as CSV: every key, figures unrounded, money in dollars. */
import { csv } from '~/charts/csv.ts';
import { knownCost } from '~/format/index.ts';
import type { KeyRow } from './rows.ts';

const HEADER = [
  'alias',
  'key',
  'requests',
  'total_tokens',
  'cost_usd',
  'share',
  'cost_usd_before',
  'success_rate',
  'models',
  'last_used_on',
];

export function keysCsv(rows: readonly KeyRow[]): string {
  const usd = (nanos: number | null | undefined): number | null => (nanos == null ? null : nanos / 1e9);
  const lines = rows.map(({ figures, isNamed, name, mask, models, lastUsedOn }) => [
    isNamed ? name : '',
    mask,
    figures?.metrics.requests ?? 0,
    figures?.metrics.total_tokens ?? 0,
    usd(figures ? knownCost(figures.metrics) : 0),
    figures?.share['cost_nanos'] ?? null,
    usd(figures?.compare ? knownCost(figures.compare) : null),
    figures?.metrics.success_rate ?? null,
    models.join('; '),
    lastUsedOn,
  ]);
  return csv(HEADER, lines);
}
