/**
 * Which rows of a long list are in the document: those in sight and a few more on either side. All rows are equally high,
 * so everything is arithmetic; lengths are CSS pixels, `viewport` is the height in which rows can be seen.
 */
export interface Sight {
  readonly scrollTop: number;
  readonly viewport: number;
  readonly row: number;
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
export function stretch({ scrollTop, viewport, row }: Sight, total: number, overscan = OVERSCAN): Stretch {
  if (total <= 0 || row <= 0) return { from: 0, to: 0, above: 0, below: 0 };
  // A list that became shorter may still be scrolled to where it was, and a bounce at the top scrolls below zero.
  const top = Math.max(0, Math.min(scrollTop, total * row - viewport));
  const first = Math.floor(top / row);
  const last = Math.ceil((top + Math.max(0, viewport)) / row);
  const from = Math.max(0, first - overscan - ((first - overscan) % 2));
  const to = Math.min(total, last + overscan);
  return { from, to, above: from * row, below: (total - to) * row };
}

/** Where to scroll so that row `index` is wholly in sight, moving as little as possible. */
export function revealing({ scrollTop, viewport, row }: Sight, index: number): number {
  const top = index * row;
  if (top < scrollTop) return top;
  if (top + row > scrollTop + viewport) return Math.max(0, top + row - viewport);
  return scrollTop;
}

/** Whether what is loaded ends less than two screens below what is in sight. */
export function nearEnd({ scrollTop, viewport, row }: Sight, loaded: number): boolean {
  return loaded * row - (scrollTop + viewport) < 2 * viewport;
}
