/** Times from which requests are missing, or may be: where they lie in a chart, and what is said of them. */
import { t } from '~/i18n/index.svelte.ts';

export interface Gap {
  readonly from: string;
  readonly to: string;
  /** About so many requests; null: it cannot be told. */
  readonly lost: number | null;
}

/** A gap of a minute is seen in a chart of a month. */
const LEAST_PX = 4;

/** Where each lies over the buckets: pixels from the left, for buckets that are `step` wide. */
export function gapSpans(
  gaps: readonly Gap[],
  buckets: readonly string[],
  end: string,
  step: number,
): { readonly x: number; readonly width: number }[] {
  const edges = [...buckets, end].map((at) => Date.parse(at));
  const all = buckets.length * step;
  return gaps.flatMap((gap) => {
    const [from, to] = [Date.parse(gap.from), Date.parse(gap.to)];
    const [first, last] = [place(edges, from), place(edges, to)];
    if (first === null || last === null || to <= (edges[0] ?? 0) || from >= (edges.at(-1) ?? 0)) return [];
    const width = Math.max(LEAST_PX, (last - first) * step);
    const x = Math.max(0, Math.min(((first + last) / 2) * step - width / 2, all - width));
    return [{ x, width: Math.min(width, all) }];
  });
}

/** The gaps that touch the buckets `first` to `last`. */
export function gapsWithin(
  gaps: readonly Gap[],
  buckets: readonly string[],
  end: string,
  first: number,
  last: number,
): Gap[] {
  const begins = Date.parse(buckets[first] ?? end);
  const ends = Date.parse(buckets[last + 1] ?? end);
  return gaps.filter((gap) => Date.parse(gap.from) < ends && Date.parse(gap.to) > begins);
}

/** What is missing there, in words; null where nothing is. */
export function gapText(gaps: readonly Gap[]): string | null {
  if (gaps.length === 0) return null;
  const lost = gaps.reduce((sum, gap) => sum + (gap.lost ?? 0), 0);
  return lost > 0 ? t('charts.gap.lost', { count: lost }) : t('charts.gap.unknown');
}

/** A moment in buckets from the left, with its part of the bucket; null without buckets. */
function place(edges: readonly number[], at: number): number | null {
  const begin = edges[0];
  const end = edges.at(-1);
  if (begin === undefined || end === undefined || edges.length < 2) return null;
  if (at <= begin) return 0;
  if (at >= end) return edges.length - 1;
  const after = edges.findIndex((edge) => edge > at);
  const [from, to] = [edges[after - 1] ?? begin, edges[after] ?? end];
  return after - 1 + (at - from) / (to - from);
}
