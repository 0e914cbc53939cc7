/** What the views ask: range and filters of the page, and what each of them needs. */
import type { Params } from '~/api/client.ts';
import type { Question } from '~/api/query.svelte.ts';
import { plotWidth, sourceFor } from '~/figures/bucketing.ts';
import { filterParams, rangeParams } from '~/view/address.ts';
import type { Dimension, View } from '~/view/types.ts';
import { type Amount, KIND_METRICS } from './kinds.ts';

/** Groups that a chart draws by name; rows of a table. */
export const TOP = 6;
export const ROWS = 8;
/** As many rows as the API gives. */
export const ALL_ROWS = 500;

export function about(view: View, ...more: [string, string][]): Params {
  return [...rangeParams(view.range), ...filterParams(view.filters), ...more];
}

export const WHOLE: Readonly<Record<Amount, string>> = { tokens: 'total_tokens', cost: 'cost_nanos' };

/** Amounts over time, by kind or by the groups with the most. */
export function stackQuestion(view: View, amount: Amount, screen: number): Question<'timeseries'> {
  const granularity = sourceFor(view.range, plotWidth(screen), true, view.granularity);
  const cut: [string, string][] =
    view.by === 'kind'
      ? [['metrics', KIND_METRICS[amount].join(',')]]
      : [
          ['metrics', WHOLE[amount]],
          ['group_by', view.by],
          ['top', String(TOP)],
        ];
  return {
    path: 'timeseries',
    params: about(view, ['granularity', granularity], ['compare', view.compare], ...cut),
  };
}

/** All figures by one dimension, costs by their kinds. */
export function tableQuestion(
  view: View,
  by: Dimension,
  sort: string,
  limit: number = ROWS,
): Question<'breakdown'> {
  return {
    path: 'breakdown',
    params: about(
      view,
      ['by', by],
      ['sort', sort],
      ['limit', String(limit)],
      ['compare', view.compare],
      ['cost_by', 'kind'],
    ),
  };
}

/** The tables of Tokens, Cost and Speed. */
export const TABS = [
  'model',
  'api_key',
  'provider',
  'credential',
  'client',
] as const satisfies readonly Dimension[];
export type Tab = (typeof TABS)[number];

export function tabOf(tab: string | null): Tab {
  return TABS.find((known) => known === tab) ?? 'model';
}

/** The same amounts a day, of every value of a dimension, for a file. */
export function daysQuestion(
  view: View,
  by: Dimension,
  amount: Amount,
): [path: 'timeseries', params: Params] {
  return [
    'timeseries',
    about(
      view,
      ['granularity', 'day'],
      ['metrics', WHOLE[amount]],
      ['group_by', by],
      ['top', String(ALL_ROWS)],
    ),
  ];
}
