/**
 * What a chart over time is made of: one list of buckets, and series of one number per bucket.
 *
 * A value is `null` where it cannot be known (no successful request to take a latency from), which
 * is drawn as a gap and never as zero. Values are in the unit of the API (nano-dollars, tokens,
 * milliseconds, fractions); the formatters passed to a chart turn them into text.
 */

export type Value = number | null;

export interface Series {
  /** Stable key of the mark: it is updated in place for as long as the key is there. */
  readonly id: string;
  readonly label: string;
  /** A CSS colour, normally `var(--series-…)`. */
  readonly color: string;
  readonly values: readonly Value[];
  /** The value of the whole period, where it is not the sum of the buckets (a percentile, a rate). */
  readonly whole?: Value;
  /** The same in the period compared with, bucket by bucket, for lines that each have a past of their own. */
  readonly previous?: readonly Value[] | null;
  /** The value of the whole period compared with. */
  readonly previousWhole?: Value;
}

export interface TooltipRow {
  readonly id: string;
  readonly label: string;
  readonly color: string;
  readonly value: Value;
  /** Fraction of the bucket's total; null where a share means nothing. */
  readonly share: number | null;
}

/** The sum of what is known; null when nothing is known. */
export function sum(values: readonly Value[]): Value {
  let total: Value = null;
  for (const value of values) if (value !== null) total = (total ?? 0) + value;
  return total;
}

/** The series' figure for the whole period. */
export function whole(series: Series): Value {
  return series.whole === undefined ? sum(series.values) : series.whole;
}

/** The same series as if buckets `first` to `last` were one; for a stretch that is being marked. */
export function merged(series: readonly Series[], first: number, last: number): Series[] {
  return series.map((one) => ({ ...one, values: [sum(one.values.slice(first, last + 1))] }));
}

/** Sums per bucket over series; null where no series has a value. */
export function totals(series: readonly Series[], buckets: number): Value[] {
  return Array.from({ length: buckets }, (_, bucket) => sum(series.map((one) => one.values[bucket] ?? null)));
}

/**
 * The lines of a tooltip: sorted by value, the greatest first, without series that have nothing
 * there. Shares are given only when the values add up to something (`additive`).
 */
export function tooltipRows(series: readonly Series[], bucket: number, additive: boolean): TooltipRow[] {
  const total = additive ? sum(series.map((one) => one.values[bucket] ?? null)) : null;
  const rows: TooltipRow[] = [];
  for (const one of series) {
    const value = one.values[bucket] ?? null;
    if (value === null || (additive && value === 0)) continue;
    rows.push({
      id: one.id,
      label: one.label,
      color: one.color,
      value,
      share: total ? value / total : null,
    });
  }
  return rows.sort((left, right) => (right.value ?? 0) - (left.value ?? 0));
}
