/**
 * The four questions of the page. They are built so that on the first visit the legend of the chart and the table below it
 * ask the same one: the page needs four answers, not five.
 */
import type { Params } from '~/api/client.ts';
import type { Question } from '~/api/query.svelte.ts';
import type { Path } from '~/api/types.ts';
import { filterParams, rangeParams } from '~/view/address.ts';
import type { Dimension, View } from '~/view/types.ts';
import { gridShape } from './health.ts';
import { groupOf, type Measure, measureOf, type Table, tableOf } from './measures.ts';

/** Series that are drawn by name; the rest is "other". */
export const TOP = 6;
/** Rows of a table before "show all", and after it. */
export const ROWS = 8;
export const ALL_ROWS = 100;
/** Points of a sparkline. */
const POINTS = 28;

function about(view: View, ...more: [string, string][]): Params {
  return [...rangeParams(view.range), ...filterParams(view.filters), ...more];
}

export function summaryQuestion(view: View): Question<'summary'> {
  const contribution: [string, string][] = view.compare === 'none' ? [] : [['contribution', 'cost_nanos']];
  return {
    path: 'summary',
    params: about(view, ['compare', view.compare], ['sparkline', String(POINTS)], ...contribution),
  };
}

export function seriesQuestion(view: View): Question<'timeseries'> {
  const measure = measureOf(view.metric);
  // Groups are ranked by the first metric.
  const metrics = [...new Set([measure.ranked, measure.metric])].join(',');
  return {
    path: 'timeseries',
    params: about(
      view,
      ['granularity', view.granularity],
      ['metrics', metrics],
      ['group_by', groupOf(view.group)],
      ['top', String(TOP)],
      ['compare', view.compare],
    ),
  };
}

function breakdown(view: View, by: Dimension, sort: string, limit: number): Question<'breakdown'> {
  return {
    path: 'breakdown',
    params: about(view, ['by', by], ['sort', sort], ['limit', String(limit)], ['compare', view.compare]),
  };
}

/** The figures of whole groups beside the chart: their totals and changes cannot be read off its buckets. */
export function legendQuestion(view: View): Question<'breakdown'> {
  const measure: Measure = measureOf(view.metric);
  return breakdown(view, groupOf(view.group), `-${measure.ranked}`, ROWS);
}

export function tableQuestion(view: View, all: boolean): Question<'breakdown'> {
  const table: Table = tableOf(view.tab);
  return breakdown(view, table, sortOf(view.sort), all ? ALL_ROWS : ROWS);
}

/** All of them, as they are on the first visit. */
export function firstQuestions(view: View): readonly Question<Path>[] {
  return [
    summaryQuestion(view),
    seriesQuestion(view),
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

/** The order an address asks for; the dearest first when it asks for none that there is. */
export function sortOf(sort: string | null): string {
  const column = sort?.replace(/^-/, '');
  return SORTS.some((known) => known === column) && sort !== null ? sort : '-cost_nanos';
}

/** A header that is clicked sorts by it, the greatest first; clicked again, the other way round. */
export function nextSort(current: string, column: Sort): string {
  return current === `-${column}` ? column : `-${column}`;
}

/** The grid's own question: by hours for some months, by minutes for hours, by days for years. */
export function healthQuestion(view: View): Question<'heatmap'> | Question<'timeseries'> {
  const shape = gridShape(view.range);
  if (shape === 'hours') {
    return { path: 'heatmap', params: about(view, ['x', 'hour'], ['y', 'day'], ['metric', 'success_rate']) };
  }
  return {
    path: 'timeseries',
    params: about(
      view,
      ['granularity', shape === 'minutes' ? 'minute' : 'day'],
      ['metrics', 'requests,succeeded'],
    ),
  };
}
