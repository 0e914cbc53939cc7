/** Where buckets lie on the x axis: equal bands, with bars that keep whole-pixel gaps. */

export interface Bands {
  readonly count: number;
  readonly width: number;
  /** Pixels from the start of one bucket to the start of the next. */
  readonly step: number;
  /** Left edge and width of the bar in each bucket. */
  readonly inset: number;
  readonly bar: number;
}

const WIDEST_BAR = 56;

/** Gaps shrink with the bands: a third of a narrow band would leave no bar to see. */
export function bands(count: number, width: number): Bands {
  const step = count > 0 ? width / count : width;
  const gap = step >= 14 ? Math.min(8, Math.max(3, step * 0.2)) : step >= 4 ? 1 : 0;
  const bar = Math.min(WIDEST_BAR, Math.max(0.5, step - gap));
  return { count, width, step, inset: (step - bar) / 2, bar };
}

export function left(band: Bands, bucket: number): number {
  return bucket * band.step + band.inset;
}

export function middle(band: Bands, bucket: number): number {
  return (bucket + 0.5) * band.step;
}

/** The bucket under a pixel, or null outside the plot. */
export function bucketAt(band: Bands, x: number): number | null {
  if (band.count === 0 || x < 0 || x > band.width) return null;
  return Math.min(band.count - 1, Math.floor(x / band.step));
}

/**
 * The buckets a drag covers, in order, or null when it was too short to be meant as one.
 * The end is inclusive; a drag that leaves the plot ends at its edge.
 */
export function dragged(band: Bands, from: number, to: number): readonly [number, number] | null {
  if (band.count === 0 || Math.abs(to - from) < 6) return null;
  const clamp = (x: number): number => Math.max(0, Math.min(band.width, x));
  const first = bucketAt(band, clamp(Math.min(from, to)));
  const last = bucketAt(band, clamp(Math.max(from, to)));
  return first === null || last === null ? null : [first, last];
}

/** Moves a bucket by keyboard; from nowhere the last bucket is the first stop, since it is the newest. */
export function stepped(count: number, current: number | null, key: string, page = 7): number | null {
  if (count === 0) return null;
  const end = count - 1;
  const at = (bucket: number): number => Math.max(0, Math.min(end, bucket));
  switch (key) {
    case 'ArrowLeft':
      return current === null ? end : at(current - 1);
    case 'ArrowRight':
      return current === null ? end : at(current + 1);
    case 'PageDown':
      return current === null ? end : at(current - page);
    case 'PageUp':
      return current === null ? end : at(current + page);
    case 'Home':
      return 0;
    case 'End':
      return end;
    default:
      return null;
  }
}
