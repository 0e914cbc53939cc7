/** Bars of a histogram whose bins grow, as latency bins do: equal widths on a scale of their own. */

export interface Bin {
  readonly lower: number;
  /** Null: everything above `lower`. */
  readonly upper: number | null;
  readonly count: number;
  /** Fraction of all values in this bin and below it. */
  readonly upTo: number;
}

/** @param uppers upper ends of the bins, ascending; a last bin without end may follow in `counts` */
export function bins(uppers: readonly number[], counts: readonly number[]): Bin[] {
  const total = counts.reduce((all, count) => all + count, 0);
  let below = 0;
  return counts.map((count, index) => {
    below += count;
    return {
      lower: index === 0 ? 0 : (uppers[index - 1] ?? 0),
      upper: uppers[index] ?? null,
      count,
      upTo: total > 0 ? below / total : 0,
    };
  });
}

/** Bins without the empty ones at both ends: nobody needs forty minutes of white. */
export function trimmed(all: readonly Bin[]): Bin[] {
  const first = all.findIndex((bin) => bin.count > 0);
  if (first < 0) return [];
  const last = all.length - 1 - [...all].reverse().findIndex((bin) => bin.count > 0);
  return all.slice(Math.max(0, first - 1), Math.min(all.length, last + 2));
}
