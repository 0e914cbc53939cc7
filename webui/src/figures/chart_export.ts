/** The main chart, taken along: as rows of a CSV file, or as a picture. */
import { addressOf, ask } from '~/api/client.ts';
import { Problem } from '~/api/problem.ts';
import type { Question } from '~/api/query.svelte.ts';
import type { Timeseries } from '~/api/types.ts';
import { csv, download, fileName } from '~/charts/csv.ts';
import { png } from '~/charts/png.ts';
import { type Series, whole } from '~/charts/series.ts';
import { span, UNKNOWN } from '~/format/index.ts';
import type { Cut } from './bucketing.ts';
import { begunOf } from './chart_series.ts';
import type { Measure } from './measures.ts';

/** The answer to a question that only what is taken along asks. Throws a Problem. */
export async function answered(question: Question<'timeseries'>): Promise<Timeseries> {
  const reply = await ask<'timeseries'>(addressOf(question.path, question.params ?? []));
  if (reply.unchanged) throw new Problem('broken', 'http_304', '');
  return reply.data;
}

const UNITS = { money: 'USD', duration: 'ms', count: '', rate: '' } as const;

export function saveCsv(heading: string, answer: Cut, measure: Measure, series: readonly Series[]): void {
  const unit = UNITS[measure.quantity];
  const scale = measure.quantity === 'money' ? 1e9 : 1;
  const rows = answer.buckets.slice(0, begunOf(answer)).map((start, bucket) => [
    start,
    ...series.map((one) => {
      const value = one.values[bucket] ?? null;
      return value === null ? null : value / scale;
    }),
  ]);
  const text = csv(['from', ...series.map((one) => (unit ? `${one.label} (${unit})` : one.label))], rows);
  const { from, to } = answer.selection;
  download(new Blob([text], { type: 'text/csv' }), fileName(heading, from, to, 'csv'));
}

/** @throws Error when the browser cannot make a picture */
export async function savePng(
  svg: SVGSVGElement,
  heading: string,
  answer: Cut,
  measure: Measure,
  series: readonly Series[],
): Promise<void> {
  const { from, to } = answer.selection;
  const figure = (one: Series): string => {
    const value = whole(one);
    return value === null ? UNKNOWN : measure.exact(value);
  };
  const picture = await png(svg, { title: heading, subtitle: span(from, to), series, figure });
  download(picture, fileName(heading, from, to, 'png'));
}
