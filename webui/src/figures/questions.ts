/** What the main chart asks: its series over time, the figures of whole groups beside it, what has no price. */
import type { Params } from '~/api/client.ts';
import type { Question } from '~/api/query.svelte.ts';
import { filterParams, rangeParams } from '~/view/address.ts';
import { replaced } from '~/view/filters.ts';
import type { Dimension, View } from '~/view/types.ts';
import { plotWidth, sourceFor } from './bucketing.ts';
import { metricOf, PERCENTILES } from './latency.ts';
import { groupOf, type Measure, measureOf } from './measures.ts';

/** Series that are drawn by name; the rest is "other". */
export const TOP = 6;
/** Groups in a file: as many as the API names. */
export const EVERY_GROUP = 50;
/** Rows of a table before "show all", and after it: the legend's figures are those of a table. */
export const ROWS = 8;
export const ALL_ROWS = 100;

/** Range and filters of a view as parameters, and more. */
export function about(view: View, ...more: [string, string][]): Params {
  return [...rangeParams(view.range), ...filterParams(view.filters), ...more];
}

/**
 * The main chart's own question; null while it is not known which groups are the slowest.
 * @param screen  its width in pixels, which decides how long a bucket is
 * @param leaders the groups to draw where the API does not rank them so itself
 */
export function seriesQuestion(
  view: View,
  screen: number,
  leaders: readonly string[] | null = null,
): Question<'timeseries'> | null {
  const measure = measureOf(view.metric);
  const granularity = sourceFor(view.range, plotWidth(screen), measure.additive, view.granularity);
  return chartQuestion(view, granularity, leaders);
}

/** The same with longer buckets, for points with too few requests; null where there are none longer. */
export function widerQuestion(
  view: View,
  granularity: string,
  leaders: readonly string[] | null,
): Question<'timeseries'> | null {
  const wider = WIDER[granularity];
  return wider === undefined ? null : chartQuestion(view, wider, leaders);
}

const WIDER: Readonly<Record<string, string>> = { minute: 'hour', hour: 'day', day: 'week', week: 'month' };

/** The same with as many groups as there are, of a measure that adds up; the API names this many at most. */
export function everyGroupQuestion(view: View, granularity: string): Question<'timeseries'> | null {
  return chartQuestion(view, granularity, null, EVERY_GROUP);
}

function chartQuestion(
  view: View,
  granularity: string,
  leaders: readonly string[] | null,
  top = TOP,
): Question<'timeseries'> | null {
  const measure = measureOf(view.metric);
  const group = groupOf(view.group, measure);
  const shared: [string, string][] = [
    ['granularity', granularity],
    ['compare', view.compare],
  ];
  if (measure.tab !== 'latency') {
    const by = group ?? 'model';
    return {
      path: 'timeseries',
      params: about(view, ...shared, ['metrics', measure.metric], ['group_by', by], ['top', String(top)]),
    };
  }
  if (group === null) {
    const metrics = [...PERCENTILES.map(metricOf), 'succeeded'].join(',');
    return { path: 'timeseries', params: about(view, ...shared, ['metrics', metrics]) };
  }
  if (leaders === null) return null;
  const only = { ...view, filters: replaced(view.filters, group, false, leaders) };
  return {
    path: 'timeseries',
    params: about(
      only,
      ...shared,
      ['metrics', `${measure.metric},succeeded`],
      ['group_by', group],
      ['top', String(TOP)],
    ),
  };
}

export function breakdown(view: View, by: Dimension, sort: string, limit: number): Question<'breakdown'> {
  return {
    path: 'breakdown',
    params: about(view, ['by', by], ['sort', sort], ['limit', String(limit)], ['compare', view.compare]),
  };
}

/** The figures of whole groups beside the chart: their totals and changes cannot be read off its buckets. */
export function legendQuestion(view: View): Question<'breakdown'> {
  const measure: Measure = measureOf(view.metric);
  const group = groupOf(view.group, measure);
  if (group === null) return breakdown(view, 'model', '-cost_nanos', ROWS);
  // The slowest are mostly the rarest, and those with too few requests are passed over.
  return breakdown(view, group, `-${measure.ranked}`, measure.tab === 'latency' ? ALL_ROWS : ROWS);
}

/** Which models have no price. */
export function unpricedQuestion(view: View): Question<'breakdown'> {
  return {
    path: 'breakdown',
    params: about(view, ['by', 'model'], ['sort', '-unpriced_requests'], ['limit', '4']),
  };
}
