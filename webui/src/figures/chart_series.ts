/** From answers to what a chart draws: series with their colours, and the figures of whole groups beside them. */
import type { Breakdown, Timeseries } from '~/api/types.ts';
import type { Series, Value } from '~/charts/series.ts';
import { knownCost } from '~/format/index.ts';
import type { Range } from '~/view/types.ts';
import type { Measure } from './measures.ts';

/** The id of the series that holds everything beyond the top groups. */
export const OTHER = 'other';

/** An answer, with buckets as the API gave them or joined. */
type Answered = Omit<Timeseries, 'granularity'>;

interface Dress {
  readonly color: (id: string | null) => string;
  readonly label: (id: string, label: string) => string;
  readonly other: string;
}

/**
 * @param whole the same groups over the whole period, or null while they are not known (or are of another dimension)
 */
export function chartSeries(
  answer: Answered,
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
function unknownRest(answer: Answered, measure: Measure, whole: Breakdown): boolean {
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

/**
 * The totals of the period compared with, bucket by bucket; null when none was asked for. What lies before the first event
 * (`recorded`, null: not known) was not recorded, and is not zero.
 */
export function ghostOf(
  answer: Answered,
  measure: Measure,
  recorded: string | null,
): readonly Value[] | null {
  const { compare } = answer;
  if (!compare || isUnrecorded(compare, recorded)) return null;
  const first = recorded === null ? Number.NEGATIVE_INFINITY : Date.parse(recorded);
  const ends = [...compare.buckets.slice(1), compare.to];
  return (
    compare.metrics[measure.metric]
      ?.slice(0, answer.buckets.length)
      .map((value, bucket) => (Date.parse(ends[bucket] ?? compare.to) <= first ? null : value)) ?? null
  );
}

/** Whether all of a period lies before the first event. */
export function isUnrecorded(period: { readonly to: string }, recorded: string | null): boolean {
  return recorded !== null && Date.parse(period.to) <= Date.parse(recorded);
}

/** The bucket in progress; null when the period is over, or its last bucket is complete. */
export function runningOf(answer: Answered): number | null {
  const last = begunOf(answer) - 1;
  const { from, to, elapsed_seconds } = answer.selection;
  const until = Date.parse(from) + elapsed_seconds * 1000;
  // A period that ended some time ago may cut its last bucket, which is then not in progress.
  const goesOn = Date.parse(to) > until + 1000 || Math.abs(Date.parse(answer.as_of) - until) <= 60_000;
  return last >= 0 && goesOn && answer.partial.includes(last) ? last : null;
}

/** How many buckets have begun: the rest of today, of this week, of this month is still to come. */
export function begunOf(answer: Answered): number {
  const now = Date.parse(answer.selection.from) + answer.selection.elapsed_seconds * 1000;
  const first = answer.buckets.findIndex((start) => Date.parse(start) >= now);
  return first < 0 ? answer.buckets.length : first;
}

/** The span from one bucket to another, both included, within the selection. */
export function bucketRange(answer: Answered, first: number, last: number): Range {
  const { from, to } = answer.selection;
  const begin = answer.buckets[first] ?? from;
  const end = answer.buckets[last + 1] ?? to;
  return {
    from: Date.parse(begin) < Date.parse(from) ? from : begin,
    to: Date.parse(end) > Date.parse(to) ? to : end,
  };
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
