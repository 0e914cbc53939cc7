/** Filters as values: every function answers a new list. `view.goto({ filters: included(view.current.filters, …) })`. */
import { DIMENSIONS, type Dimension, type Filter } from './types.ts';

/** Sets or, with no values, removes the filter of one dimension and sense. The list stays in the order of DIMENSIONS. */
export function replaced(
  filters: readonly Filter[],
  dimension: Dimension,
  negated: boolean,
  values: readonly string[],
): Filter[] {
  const rest = filters.filter((filter) => filter.dimension !== dimension || filter.negated !== negated);
  const unique = [...new Set(values)];
  if (unique.length > 0) rest.push({ dimension, negated, values: unique });
  return rest.sort(
    (a, b) =>
      DIMENSIONS.indexOf(a.dimension) - DIMENSIONS.indexOf(b.dimension) ||
      Number(a.negated) - Number(b.negated),
  );
}

/** The values that a dimension is (or is not) filtered to. */
export function valuesOf(
  filters: readonly Filter[],
  dimension: Dimension,
  negated = false,
): readonly string[] {
  return filters.find((one) => one.dimension === dimension && one.negated === negated)?.values ?? [];
}

/** Only this value: what a click on a mark means. */
export function narrowed(filters: readonly Filter[], dimension: Dimension, value: string): Filter[] {
  const without = replaced(
    filters,
    dimension,
    true,
    valuesOf(filters, dimension, true).filter((v) => v !== value),
  );
  return replaced(without, dimension, false, [value]);
}

/** Everything but this value. */
export function excluded(filters: readonly Filter[], dimension: Dimension, value: string): Filter[] {
  const kept = valuesOf(filters, dimension).filter((other) => other !== value);
  const without = replaced(filters, dimension, false, kept);
  return replaced(without, dimension, true, [...valuesOf(filters, dimension, true), value]);
}

/** Adds the value to those of one sense, or takes it away: what a check box in a list means. */
export function toggled(
  filters: readonly Filter[],
  dimension: Dimension,
  negated: boolean,
  value: string,
): Filter[] {
  const values = valuesOf(filters, dimension, negated);
  const next = values.includes(value) ? values.filter((other) => other !== value) : [...values, value];
  return replaced(filters, dimension, negated, next);
}

/** "is" becomes "is not" and the other way round; values that were already there on the other side are joined. */
export function flipped(filters: readonly Filter[], dimension: Dimension, negated: boolean): Filter[] {
  const moved = valuesOf(filters, dimension, negated);
  const there = valuesOf(filters, dimension, !negated);
  return replaced(replaced(filters, dimension, negated, []), dimension, !negated, [...there, ...moved]);
}

export function without(filters: readonly Filter[], dimension: Dimension, negated: boolean): Filter[] {
  return replaced(filters, dimension, negated, []);
}

/** How the API and our own URL write a value: `!` negates, and a name that itself begins with `!` or `\` gets a `\` first. */
export function written(value: string, negated: boolean): string {
  const escaped = /^[!\\]/.test(value) ? `\\${value}` : value;
  return negated ? `!${escaped}` : escaped;
}

/** The opposite of `written`. */
export function read(text: string): { value: string; negated: boolean } {
  const negated = text.startsWith('!');
  const rest = negated ? text.slice(1) : text;
  return { value: rest.startsWith('\\') ? rest.slice(1) : rest, negated };
}
