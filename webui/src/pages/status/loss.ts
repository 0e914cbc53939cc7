/** The strip of a month: what is complete, what is missing, what cannot be told. */
import type { Status } from '~/api/types.ts';

export type Collection = Status['collection'];
export type CollectionGap = Collection['gaps'][number];

export interface Segment {
  readonly kind: 'complete' | 'lost' | 'unknown';
  /** Percent of the strip. */
  readonly from: number;
  readonly width: number;
}

const DAY_MS = 86_400_000;
/** A gap of a minute is seen in a month. */
const LEAST = 0.8;

/** When the strip begins, in milliseconds of the epoch. */
export const beginOf = (collection: Collection, now: number): number => now - collection.days * DAY_MS;

/** From left to right; what is not covered was never compared. */
export function segmentsOf(collection: Collection, now: number): Segment[] {
  const begin = beginOf(collection, now);
  const percent = (at: number): number => Math.min(100, Math.max(0, ((at - begin) / (now - begin)) * 100));
  const stretch = (kind: Segment['kind'], from: number, to: number): Segment => {
    const width = Math.max(LEAST, percent(to) - percent(from));
    return { kind, from: Math.min(percent(from), 100 - width), width };
  };
  if (collection.since === null) return [];
  const ends = collection.pausing === null ? now : Date.parse(collection.pausing.since);
  return [
    stretch('complete', Date.parse(collection.since), ends),
    ...collection.gaps.map((gap) =>
      stretch(gap.lost === null ? 'unknown' : 'lost', Date.parse(gap.from), Date.parse(gap.to)),
    ),
    ...(collection.pausing === null ? [] : [stretch('unknown', ends, now)]),
  ];
}

/** A week apart, for the axis under the strip. */
export function marksOf(
  collection: Collection,
  now: number,
): { readonly at: number; readonly place: number }[] {
  const begin = beginOf(collection, now);
  return [0, 0.25, 0.5, 0.75, 1].map((place) => ({ at: begin + place * (now - begin), place: place * 100 }));
}
