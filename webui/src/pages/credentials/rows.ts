/** The rows of the page: accounts with what is left of their windows, and their figures of the period. */
import type { Breakdown, BreakdownRow, Credentials, Quota, QuotaAccount, QuotaWindow } from '~/api/types.ts';
import { type Change, change, knownCost } from '~/format/index.ts';
import { scarcest } from '~/quota/windows.ts';

export type Kind = QuotaAccount['kind'];

export interface AccountRow {
  readonly id: string;
  readonly name: string;
  readonly account: QuotaAccount;
  /** Null: not used in this period. */
  readonly figures: BreakdownRow | null;
  /** The scarcest window of up to a day, and of those that are longer. */
  readonly short: QuotaWindow | null;
  readonly long: QuotaWindow | null;
}

/** Columns that the table can be sorted by. */
export const SORTS = ['attention', 'name', 'requests', 'success_rate', 'cost_nanos'] as const;
export type Sort = (typeof SORTS)[number];
export type Order = Sort | `-${Sort}`;
const FIRST: Order = 'attention';

export function orderOf(text: string | null): Order {
  const known = SORTS.find((one) => one === text?.replace(/^-/, ''));
  return known === undefined ? FIRST : (text as Order);
}

/** As the address holds it: nothing for the order that the page begins with. */
export function orderText(order: Order): string | null {
  return order === FIRST ? null : order;
}

/** A header that is clicked sorts by it: names from A, rates of success from the least, all else from the greatest; again, the other way round. */
export function nextOrder(current: Order, column: Sort): Order {
  const ascends = column === 'name' || column === 'success_rate' || column === 'attention';
  const [first, second]: [Order, Order] = ascends ? [column, `-${column}`] : [`-${column}`, column];
  return current === first ? second : first;
}

interface Shown {
  readonly kind: Kind;
  readonly needed: boolean;
  readonly order: Order;
  /** Ids that the page is filtered to; empty: all. */
  readonly only: readonly string[];
}

export function rowsOf(quota: Quota, division: Breakdown | null, shown: Shown): AccountRow[] {
  const figures = new Map((division?.rows ?? []).map((row) => [row.group.id, row]));
  const only = new Set(shown.only);
  const rows = quota.accounts
    .filter((account) => account.kind === shown.kind)
    .filter((account) => !shown.needed || account.needs_attention)
    .filter(({ credential }) => only.size === 0 || only.has(credential.id))
    .map(
      (account): AccountRow => ({
        id: account.credential.id,
        name: account.credential.label,
        account,
        figures: figures.get(account.credential.id) ?? null,
        short: scarcest(account, 'short'),
        long: scarcest(account, 'long'),
      }),
    );
  return sorted(rows, shown.order);
}

function sorted(rows: AccountRow[], order: Order): AccountRow[] {
  const column = order.replace(/^-/, '') as Sort;
  const sign = order.startsWith('-') ? -1 : 1;
  const urgency = (row: AccountRow): number => row.account.attention_order;
  if (column === 'name')
    return rows.sort(
      (one, other) => sign * one.name.localeCompare(other.name) || urgency(one) - urgency(other),
    );
  const value = (row: AccountRow): number | null => {
    if (column === 'attention') return urgency(row);
    const metrics = row.figures?.metrics;
    if (metrics === undefined) return null;
    return column === 'cost_nanos' ? knownCost(metrics) : metrics[column];
  };
  return rows.sort((one, other) => {
    const [a, b] = [value(one), value(other)];
    // What is not known comes last, whichever way it is sorted.
    if (a === null || b === null)
      return Number(a === null) - Number(b === null) || urgency(one) - urgency(other);
    return sign * (a - b) || urgency(one) - urgency(other);
  });
}

/** CPA chooses the account, so a change of its cost is neither good nor bad. */
export function costChange(row: AccountRow): Change | null {
  const { figures } = row;
  if (!figures?.compare) return null;
  return change(knownCost(figures.metrics), knownCost(figures.compare), 'neutral');
}

export interface Sum {
  readonly requests: number;
  readonly failed: number;
  readonly cost: number | null;
}

export function sumOf(rows: readonly AccountRow[]): Sum {
  const metrics = rows.flatMap(({ figures }) => (figures ? [figures.metrics] : []));
  return {
    requests: metrics.reduce((sum, one) => sum + one.requests, 0),
    failed: metrics.reduce((sum, one) => sum + one.failed, 0),
    cost: metrics.reduce<number | null>((sum, one) => (sum ?? 0) + (knownCost(one) ?? 0), null),
  };
}

/** Whether a person gave it a name of their own. */
export function isNamed(credentials: Credentials | null, id: string): boolean {
  return (credentials?.credentials.find((one) => one.id === id)?.label ?? null) !== null;
}

/** When the newest look at a provider succeeded, in milliseconds of the epoch; null: never. */
export function readAt(quota: Quota): number | null {
  const read = quota.accounts.flatMap(({ windows }) =>
    windows.map(({ observed_at }) => Date.parse(observed_at)),
  );
  return read.length === 0 ? null : Math.max(...read);
}
