/** Bars of a histogram whose bins grow, as latency bins do: equal widths on a scale of their own. */

export interface Bin {
  readonly lower: number;
  /** Null: everything above `lower`. */
  readonly upper: number | null;
  readonly count: number;
  /** Fraction of all values in this bin and below it. */
  readonly upTo: number;
  /** How many there were in the period compared with. */
  readonly before?: number;
}

/**
 * @param uppers upper ends of the bins, ascending; a last bin without end may follow in `counts`
 * @param before the counts of the period compared with
 */
export function bins(
  uppers: readonly number[],
  counts: readonly number[],
  before: readonly number[] | null = null,
): Bin[] {
  const total = counts.reduce((all, count) => all + count, 0);
  let below = 0;
  return counts.map((count, index) => {
    below += count;
    return {
      lower: index === 0 ? 0 : (uppers[index - 1] ?? 0),
      upper: uppers[index] ?? null,
      count,
      upTo: total > 0 ? below / total : 0,
      ...(before ? { before: before[index] ?? 0 } : {}),
    };
  });
}

/** Bins without the empty ones at both ends: nobody needs forty minutes of white. */
export function trimmed(all: readonly Bin[]): Bin[] {
  const isThere = (bin: Bin): boolean => bin.count > 0 || (bin.before ?? 0) > 0;
  const first = all.findIndex(isThere);
  if (first < 0) return [];
  const last = all.findLastIndex(isThere);
  return all.slice(Math.max(0, first - 1), Math.min(all.length, last + 2));
}
