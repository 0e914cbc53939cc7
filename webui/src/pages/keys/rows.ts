/** The rows of the page: keys that were used in the period with their figures, behind them those that were not. */
import type { ApiKey, Breakdown, BreakdownRow, Metrics } from '~/api/types.ts';
import { type Change, change, knownCost } from '~/format/index.ts';

/** Columns that the table can be sorted by, under the names of the API. */
export const SORTS = ['requests', 'total_tokens', 'cost_nanos', 'success_rate'] as const;
export type Sort = (typeof SORTS)[number];
const FIRST = '-cost_nanos';

export interface KeyRow {
  readonly id: string;
  /** What it is called: its alias, else its mask. */
  readonly name: string;
  readonly mask: string;
  readonly isNamed: boolean;
  readonly removed: boolean;
  /** Null: not used in this period. */
  readonly figures: BreakdownRow | null;
  /** Names of models, most requests first. */
  readonly models: readonly string[];
  /** A day, `2026-11-18`; null: never. */
  readonly lastUsedOn: string | null;
}

export function sortOf(sort: string | null): string {
  return sort !== null && SORTS.some((one) => one === sort.replace(/^-/, '')) ? sort : FIRST;
}

/** As the address holds it: nothing for the order that the page begins with. */
export function sortText(sort: string): string | null {
  return sort === FIRST ? null : sort;
}

/** A header that is clicked sorts by it, the greatest first (of success the least); again, the other way round. */
export function nextSort(current: string, column: Sort): string {
  const [first, second] = column === 'success_rate' ? [column, `-${column}`] : [`-${column}`, column];
  return current === first ? second : first;
}

/**
 * @param pairs     figures by key and model, most requests first; null while they are not known
 * @param filtered  whether only some requests are shown: keys that have none of them are then not listed
 */
export function rowsOf(
  division: Breakdown,
  keys: readonly ApiKey[],
  pairs: Breakdown | null,
  filtered: boolean,
): KeyRow[] {
  const known = new Map(keys.map((key) => [key.id, key]));
  const used = division.rows.map((figures): KeyRow => {
    const key = known.get(figures.group.id);
    return {
      id: figures.group.id,
      name: figures.group.label,
      mask: key?.mask ?? figures.group.label,
      isNamed: key ? key.label !== null : false,
      removed: key?.listing === 'removed',
      figures,
      models: (pairs?.rows ?? []).flatMap(({ groups }) =>
        groups[0]?.id === figures.group.id && groups[1] ? [groups[1].label] : [],
      ),
      lastUsedOn: key?.last_used_on ?? null,
    };
  });
  if (filtered) return used;
  const seen = new Set(used.map(({ id }) => id));
  const unused = keys
    .filter((key) => !seen.has(key.id))
    .sort((one, other) => (other.last_used_on ?? '').localeCompare(one.last_used_on ?? ''))
    .map(
      (key): KeyRow => ({
        id: key.id,
        name: key.label ?? key.mask,
        mask: key.mask,
        isNamed: key.label !== null,
        removed: key.listing === 'removed',
        figures: null,
        models: [],
        lastUsedOn: key.last_used_on,
      }),
    );
  return [...used, ...unused];
}

export function costChange(now: Metrics, then: Metrics | null): Change | null {
  return then && change(knownCost(now), knownCost(then), 'more_is_bad');
}

export interface Lead {
  /** Null: nothing is compared, or nothing was there before. */
  readonly change: Change | null;
  /** Whose cost moved most, if it is at least a third of what moved; nano-dollars, with its sign. */
  readonly mover: { readonly row: BreakdownRow; readonly by: number } | null;
  /** Who makes at least a fifth of what there is. */
  readonly first: { readonly row: BreakdownRow; readonly share: number } | null;
}

const LEAST_SHARE = 1 / 3;
const LEAST_PART = 1 / 5;

/** What the sentence above the chart says; null without any cost. */
export function leadOf(division: Breakdown): Lead | null {
  if (division.total.cost_nanos === 0) return null;
  const before = division.compare?.metrics ?? null;
  const moved = before === null ? 0 : division.total.cost_nanos - before.cost_nanos;
  const moves = division.rows
    .map((row) => ({ row, by: row.metrics.cost_nanos - (row.compare?.cost_nanos ?? 0) }))
    .filter(({ row, by }) => row.compare !== null && Math.sign(by) === Math.sign(moved))
    .sort((one, other) => Math.abs(other.by) - Math.abs(one.by));
  const dearest = [...division.rows].sort((a, b) => b.metrics.cost_nanos - a.metrics.cost_nanos)[0];
  const share = dearest?.share['cost_nanos'] ?? 0;
  const change = costChange(division.total, before);
  return {
    change,
    // What was not there before, or not recorded, is nobody's doing.
    mover:
      moves[0] && change !== null && moved !== 0 && Math.abs(moves[0].by) >= LEAST_SHARE * Math.abs(moved)
        ? moves[0]
        : null,
    first: dearest && share >= LEAST_PART ? { row: dearest, share } : null,
  };
}
