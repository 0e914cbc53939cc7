/** From answers to what a chart draws: series with their colours, and the figures of whole groups beside them. */
import type { Breakdown, Timeseries } from '~/api/types.ts';
import type { Series, Value } from '~/charts/series.ts';
import type { Granularity } from '~/charts/timeaxis.ts';
import { knownCost } from '~/format/index.ts';
import type { Range } from '~/view/types.ts';
import type { Measure } from './measures.ts';

/** The id of the series that holds everything beyond the top groups. */
export const OTHER = 'other';

interface Dress {
  readonly color: (id: string | null) => string;
  readonly label: (id: string, label: string) => string;
  readonly other: string;
}

/**
 * @param whole the same groups over the whole period, or null while they are not known (or are of another dimension)
 */
export function chartSeries(
  answer: Timeseries,
  measure: Measure,
  whole: Breakdown | null,
  dress: Dress,
): Series[] {
  return answer.series.map(({ group, metrics }): Series => {
    const values = metrics[measure.metric] ?? [];
    const row = group && whole?.rows.find((one) => one.group?.id === group.id);
    return {
      id: group ? `=${group.id}` : OTHER,
      label: group ? dress.label(group.id, group.label) : dress.other,
      color: dress.color(group?.id ?? null),
      values,
      // Buckets add up to the whole only where the measure does, and where anything is known of it.
      ...(measure.additive &&
      !(row && measure.of(row.metrics) === null) &&
      !(group === null && whole && unknownRest(answer, measure, whole))
        ? {}
        : { whole: row ? measure.of(row.metrics) : null }),
      previousWhole: row?.compare ? measure.of(row.compare) : null,
    };
  });
}

/** Whether nothing beyond the named groups has a price, although there is something: its cost is unknown then, not 0. */
function unknownRest(answer: Timeseries, measure: Measure, whole: Breakdown): boolean {
  if (measure.metric !== 'cost_nanos') return false;
  const named = answer.series.flatMap(({ group }) => (group ? [group.id] : []));
  const rows = whole.rows.filter((row) => row.group && named.includes(row.group.id));
  if (rows.length < named.length) return false;
  const rest = (metric: 'cost_nanos' | 'unpriced_requests'): number =>
    rows.reduce((left, row) => left - row.metrics[metric], whole.total[metric]);
  return knownCost({ cost_nanos: rest('cost_nanos'), unpriced_requests: rest('unpriced_requests') }) === null;
}

/** The group behind a series; null for "other". */
export function groupIdOf(seriesId: string): string | null {
  return seriesId === OTHER ? null : seriesId.slice(1);
}

/** The totals of the period compared with, bucket by bucket; null when none was asked for. */
export function ghostOf(answer: Timeseries, measure: Measure): readonly Value[] | null {
  return answer.compare?.metrics[measure.metric]?.slice(0, answer.buckets.length) ?? null;
}

/** How many buckets have begun: the rest of today, of this week, of this month is still to come. */
export function begunOf(answer: Timeseries): number {
  const now = Date.parse(answer.selection.from) + answer.selection.elapsed_seconds * 1000;
  const first = answer.buckets.findIndex((start) => Date.parse(start) >= now);
  return first < 0 ? answer.buckets.length : first;
}

/** The span from one bucket to another, both included, within the selection. */
export function bucketRange(answer: Timeseries, first: number, last: number): Range {
  const { from, to } = answer.selection;
  const begin = answer.buckets[first] ?? from;
  const end = answer.buckets[last + 1] ?? to;
  return {
    from: Date.parse(begin) < Date.parse(from) ? from : begin,
    to: Date.parse(end) > Date.parse(to) ? to : end,
  };
}

const LENGTHS: readonly (readonly [Granularity, number])[] = [
  ['minute', 60],
  ['hour', 3_600],
  ['day', 86_400],
  ['week', 7 * 86_400],
  ['month', 30 * 86_400],
];
const FEWEST = 2;
const MOST = 800;

/** Granularities that give a period between two bars and as many as one can still tell apart. */
export function granularities(from: string, to: string, current: string): Granularity[] {
  const seconds = (Date.parse(to) - Date.parse(from)) / 1000;
  return LENGTHS.filter(
    ([name, length]) => name === current || (seconds / length >= FEWEST && seconds / length <= MOST),
  ).map(([name]) => name);
}

/** What is hidden after one series is shown alone; when it already was, nothing is. */
export function isolated(all: readonly string[], hidden: ReadonlySet<string>, id: string): string[] {
  const alone = !hidden.has(id) && all.every((other) => other === id || hidden.has(other));
  return alone ? [] : all.filter((other) => other !== id);
}

/** What is hidden after one is toggled; the last that shows cannot be hidden, it brings all others back. */
export function toggledOff(all: readonly string[], hidden: ReadonlySet<string>, id: string): string[] {
  const next = hidden.has(id)
    ? all.filter((one) => hidden.has(one) && one !== id)
    : all.filter((one) => hidden.has(one) || one === id);
  return next.length === all.length ? [] : next;
}
