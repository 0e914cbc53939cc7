/** Groups of failures as the page lists them: which, in what order, and how each is asked for elsewhere. */
import type { ErrorGroup, Errors, Timeseries } from '~/api/types.ts';
import { isMessage, plain } from '~/i18n/index.svelte.ts';
import { replaced } from '~/view/filters.ts';
import type { Filter } from '~/view/types.ts';
import type { Shown } from './parameters.ts';

/** What the client hung up on counts for nobody: it stands in a footnote, unless it is what is asked for. */
export const CANCELLED = 'cancelled';

/** As many groups as the API lists at most. */
export const LISTED = 200;

/** Whose doing it is: the account's, the provider's, the way's to it, or that of the request itself. */
export type Fault = 'account' | 'provider' | 'network' | 'request' | 'unknown';

const FAULTS: Readonly<Record<string, Fault>> = {
  rate_limited: 'account',
  unauthorized: 'account',
  payment_required: 'account',
  forbidden: 'account',
  not_found: 'request',
  invalid_request: 'request',
  timeout: 'network',
  network: 'network',
  overloaded: 'provider',
  server_error: 'provider',
};

export function faultOf(group: ErrorGroup): Fault {
  return FAULTS[group.error_class] ?? 'unknown';
}

/** `rate_limited:429:6`, as the address holds it. */
export function groupKey(group: ErrorGroup): string {
  return `${group.error_class}:${group.status_code}:${group.credential.id}`;
}

/** What happened, in a word. */
export function classText(name: string): string {
  const key = `error_class.${name}`;
  return isMessage(key) ? plain(key) : name;
}

/** What that means, in a sentence; empty for what we do not know. */
export function meaningOf(name: string): string {
  const key = `failure.${name}`;
  return isMessage(key) ? plain(key) : '';
}

/** Whether the filters ask for what clients hung up on. */
export function asksForCancelled(filters: readonly Filter[]): boolean {
  return filters.some(
    ({ dimension, negated, values }) =>
      !negated &&
      ((dimension === 'error_class' && values.includes(CANCELLED)) ||
        (dimension === 'status' && values.includes('499'))),
  );
}

/** The groups that are listed, in the order of the API: those that fail now first, then by count. */
export function listed(answer: Errors, withCancelled: boolean): ErrorGroup[] {
  return answer.groups.filter((group) => withCancelled || group.error_class !== CANCELLED);
}

export function isShown(group: ErrorGroup, shown: Shown): boolean {
  return shown === 'all' || group.state === shown;
}

/** The filters of the page and those that choose one group: its requests, no others. */
export function filtersOf(filters: readonly Filter[], group: ErrorGroup): Filter[] {
  const chosen = [
    ['credential', group.credential.id],
    ['status', String(group.status_code)],
    ['error_class', group.error_class],
  ] as const;
  return chosen.reduce<Filter[]>(
    (all, [dimension, value]) => replaced(replaced(all, dimension, true, []), dimension, false, [value]),
    replaced(filters, 'result', false, []),
  );
}

export interface FailingDay {
  readonly from: string;
  readonly to: string;
  readonly count: number;
}

/** Days of an answer with failures, the newest first; the first and the last may be cut off by the range. */
export function failingDays({ buckets, series, selection }: Timeseries): FailingDay[] {
  const counts = series[0]?.metrics['failed'] ?? [];
  return buckets
    .map((start, index) => ({
      from: Date.parse(start) < Date.parse(selection.from) ? selection.from : start,
      to: buckets[index + 1] ?? selection.to,
      count: counts[index] ?? 0,
    }))
    .filter(({ count }) => count > 0)
    .reverse();
}

/** The filters of the chart: what clients hung up on is left out of its sums, as of the list. */
export function chartFilters(filters: readonly Filter[]): Filter[] {
  if (asksForCancelled(filters)) return [...filters];
  const left = filters.find(({ dimension, negated }) => dimension === 'error_class' && negated)?.values ?? [];
  return replaced(filters, 'error_class', true, [...left, CANCELLED]);
}
