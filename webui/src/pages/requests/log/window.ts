/**
 * Which rows of a long list are in the document: those in sight and a few more on either side. All rows are equally high,
 * but for the dividers between days, of which there are few, so everything is arithmetic; lengths are CSS pixels, `viewport`
 * is the height in which rows can be seen.
 */
export interface Sight {
  readonly scrollTop: number;
  readonly viewport: number;
  readonly row: number;
  /** Height of a divider. */
  readonly divider?: number;
}

/** Pixels above row `index`, where `dividers` are the indexes of rows that are dividers, ascending. */
export function topOf(
  { row, divider = row }: Sight,
  index: number,
  dividers: readonly number[] = [],
): number {
  return index * row - before(dividers, index) * (row - divider);
}

/** How many of `dividers` lie before an index. */
function before(dividers: readonly number[], index: number): number {
  const found = dividers.findIndex((at) => at >= index);
  return found < 0 ? dividers.length : found;
}

/** The row at a height: the last that begins at or above it. */
function rowAt(sight: Sight, y: number, dividers: readonly number[]): number {
  // Dividers are no higher than rows, so the row lies at or behind where it would without them.
  let index = Math.floor(y / sight.row);
  while (topOf(sight, index + 1, dividers) <= y) index += 1;
  return index;
}

export interface Stretch {
  /** Index of the first row to draw. */
  readonly from: number;
  /** Index after the last row to draw. */
  readonly to: number;
  /** Height of the rows before and after, which are not drawn. */
  readonly above: number;
  readonly below: number;
}

/** Rows drawn beyond what is in sight, so that a quick flick shows rows and not their absence. */
export const OVERSCAN = 10;

/** The rows to draw out of `total`. A stretch begins at an even index, so that a scroll by one row redraws half as often. */
export function stretch(
  sight: Sight,
  total: number,
  dividers: readonly number[] = [],
  overscan = OVERSCAN,
): Stretch {
  const { scrollTop, viewport, row } = sight;
  if (total <= 0 || row <= 0) return { from: 0, to: 0, above: 0, below: 0 };
  const height = topOf(sight, total, dividers);
  // A list that became shorter may still be scrolled to where it was, and a bounce at the top scrolls below zero.
  const top = Math.max(0, Math.min(scrollTop, height - viewport));
  const first = rowAt(sight, top, dividers);
  const last = rowAt(sight, top + Math.max(0, viewport) - 0.001, dividers) + 1;
  const from = Math.max(0, first - overscan - ((first - overscan) % 2));
  const to = Math.min(total, last + overscan);
  return { from, to, above: topOf(sight, from, dividers), below: height - topOf(sight, to, dividers) };
}

/**
 * Where to scroll so that row `index` is wholly in sight, moving as little as possible.
 * @param covered pixels at the top that a divider covers
 */
export function revealing(
  sight: Sight,
  index: number,
  dividers: readonly number[] = [],
  covered = 0,
): number {
  const { scrollTop, viewport, row } = sight;
  const top = topOf(sight, index, dividers);
  if (top < scrollTop + covered) return Math.max(0, top - covered);
  if (top + row > scrollTop + viewport) return Math.max(0, top + row - viewport);
  return scrollTop;
}

/** Whether what is loaded ends less than two screens below what is in sight. */
export function nearEnd(sight: Sight, loaded: number, dividers: readonly number[] = []): boolean {
  return topOf(sight, loaded, dividers) - (sight.scrollTop + sight.viewport) < 2 * sight.viewport;
}
