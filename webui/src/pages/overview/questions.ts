/**
 * The four questions of the page. They are built so that on the first visit the legend of the chart and the table below it
 * ask the same one: the page needs four answers, not five.
 */
import type { Question } from '~/api/query.svelte.ts';
import type { Path } from '~/api/types.ts';
import { type Measure, measureOf, tableOf } from '~/figures/measures.ts';
import { ALL_ROWS, about, breakdown, legendQuestion, ROWS, seriesQuestion } from '~/figures/questions.ts';
import type { Dimension, View } from '~/view/types.ts';
import { gridShape } from './health.ts';

/** Whose change the API can explain. */
export const EXPLAINED = ['cost_nanos', 'total_tokens', 'requests', 'failed'] as const;
export type Explained = (typeof EXPLAINED)[number];
/** How far the live strip looks back, under the names of the API. */
export const LIVE_WINDOWS = ['15m', '30m', '60m'] as const;
export type LiveWindow = (typeof LIVE_WINDOWS)[number];
/** Points of a sparkline. */
const POINTS = 28;

/** The metric whose change is explained: the chosen one where changes of its parts add up to its own. */
export function explainedBy(measure: Measure): Explained {
  return EXPLAINED.find((metric) => metric === measure.metric) ?? 'cost_nanos';
}

export function insightQuestion(view: View): Question<'summary'> | null {
  if (view.compare === 'none') return null;
  const metric = explainedBy(measureOf(view.metric));
  if (metric === 'cost_nanos') return summaryQuestion(view);
  return { path: 'summary', params: about(view, ['compare', view.compare], ['contribution', metric]) };
}

export function summaryQuestion(view: View): Question<'summary'> {
  const contribution: [string, string][] = view.compare === 'none' ? [] : [['contribution', 'cost_nanos']];
  return {
    path: 'summary',
    params: about(
      view,
      ['compare', view.compare],
      ['sparkline', String(POINTS)],
      ['cost_by', 'kind'],
      ['days', 'count'],
      ...contribution,
    ),
  };
}

export function tableQuestion(view: View, all: boolean): Question<'breakdown'> {
  const table = tableOf(view.tab);
  return breakdown(view, table, sortOf(view.sort, table), all ? ALL_ROWS : ROWS);
}

/** All of them, as they are on the first visit. */
export function firstQuestions(view: View, screen = window.innerWidth): readonly Question<Path>[] {
  const series = seriesQuestion(view, screen);
  return [
    summaryQuestion(view),
    ...(series ? [series] : []),
    legendQuestion(view),
    tableQuestion(view, false),
    healthQuestion(view),
  ];
}

/** Columns that a table can be sorted by, under the names of the API. */
export const SORTS = [
  'requests',
  'total_tokens',
  'cache_hit_rate',
  'success_rate',
  'latency_p50_ms',
  'cost_nanos',
] as const;
export type Sort = (typeof SORTS)[number];

/** What a table begins with: the dearest, and of accounts those that fail. */
function firstSort(table: Dimension): string {
  return table === 'credential' ? 'success_rate' : '-cost_nanos';
}

/** The order an address asks for; that of the table when it asks for none that there is. */
export function sortOf(sort: string | null, table: Dimension = 'model'): string {
  const column = sort?.replace(/^-/, '');
  return SORTS.some((known) => known === column) && sort !== null ? sort : firstSort(table);
}

/** As a view holds an order: nothing for the one that the table begins with. */
export function sortText(sort: string, table: Dimension): string | null {
  return sort === firstSort(table) ? null : sort;
}

/** A header that is clicked sorts by it, the greatest first (of rates of success, the least); clicked again, the other way round. */
export function nextSort(current: string, column: Sort): string {
  const [first, second] = column === 'success_rate' ? [column, `-${column}`] : [`-${column}`, column];
  return current === first ? second : first;
}

/** The grid's own question: by hours for some months, by minutes for a day, by days for years. */
export function healthQuestion(view: View): Question<'timeseries'> {
  const granularity = { slices: 'minute', quarters: 'minute', hours: 'hour', days: 'day' }[
    gridShape(view.range)
  ];
  return {
    path: 'timeseries',
    params: about(view, ['granularity', granularity], ['metrics', 'requests,succeeded']),
  };
}
