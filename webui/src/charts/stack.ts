/**
 * Stacked bars as one path per series: a chart of 168 hours and seven series is seven elements, and
 * a refresh changes their `d` and nothing else.
 */
import { type Bands, left, middle } from './bands.ts';
import type { Series, Value } from './series.ts';

export interface StackedBar {
  readonly id: string;
  readonly color: string;
  readonly path: string;
}

/** A gap of this many pixels keeps neighbours in a stack apart; narrow bars are told apart by colour alone. */
const SEAM = 0.75;
const NARROW = 8;

const round = (pixels: number): number => Math.round(pixels * 100) / 100;

export function rectangle(x: number, y: number, width: number, height: number): string {
  return `M${round(x)} ${round(y)}h${round(width)}v${round(height)}h${round(-width)}z`;
}

/**
 * @param y maps a value to pixels from the top; the first series lies at the bottom
 */
export function stack(series: readonly Series[], band: Bands, y: (value: number) => number): StackedBar[] {
  const floor = new Float64Array(band.count);
  return series.map((one) => {
    let path = '';
    for (let bucket = 0; bucket < band.count; bucket += 1) {
      const value = one.values[bucket] ?? null;
      if (value === null || value <= 0) continue;
      const base = floor[bucket] ?? 0;
      const bottom = y(base);
      const top = y(base + value);
      floor[bucket] = base + value;
      const height = bottom - top;
      // Under half a pixel there is nothing to see; the stack above still starts at the right place.
      if (height < 0.25) continue;
      path += rectangle(
        left(band, bucket),
        top,
        band.bar,
        height > 3 && band.bar >= NARROW ? height - SEAM : height,
      );
    }
    return { id: one.id, color: one.color, path };
  });
}

/** How much further than the bar before it a bar of the period compared with reaches on either side, at most. */
const REACH = 4;

/** The period compared with: bars that stand out behind those of a stack, and the height of each as a line. */
export function behind(
  values: readonly Value[],
  band: Bands,
  y: (value: number) => number,
): { readonly bars: string; readonly levels: string } {
  // Two of them do not touch.
  const reach = Math.max(0, Math.min(REACH, band.inset - 0.75));
  let bars = '';
  let levels = '';
  for (let bucket = 0; bucket < Math.min(values.length, band.count); bucket += 1) {
    const value = values[bucket] ?? null;
    if (value === null || value <= 0) continue;
    const [x, width, top] = [left(band, bucket) - reach, band.bar + 2 * reach, y(value)];
    bars += rectangle(x, top, width, y(0) - top);
    levels += `M${round(x)} ${round(top)}h${round(width)}`;
  }
  return { bars, levels };
}

/** Which series of a stack lies under a value, counted from the bottom; null above the stack. */
export function seriesAt(series: readonly Series[], bucket: number, value: number): Series | null {
  let top = 0;
  for (const one of series) {
    top += Math.max(0, one.values[bucket] ?? 0);
    if (value >= 0 && value < top) return one;
  }
  return null;
}

/** One line through the middles of buckets, broken where a value is unknown. */
export function polyline(values: readonly Value[], band: Bands, y: (value: number) => number): string {
  let path = '';
  let pen = 'M';
  for (let bucket = 0; bucket < Math.min(values.length, band.count); bucket += 1) {
    const value = values[bucket] ?? null;
    if (value === null) {
      pen = 'M';
      continue;
    }
    path += `${pen}${round(middle(band, bucket))} ${round(y(value))}`;
    pen = 'L';
  }
  return path;
}

/** The ground between two lines, where both are known. */
export function area(
  low: readonly Value[],
  high: readonly Value[],
  band: Bands,
  y: (value: number) => number,
): string {
  let path = '';
  let run: number[] = [];
  const close = (): void => {
    const edge = (values: readonly Value[], buckets: readonly number[]): string =>
      buckets.map((bucket) => `${round(middle(band, bucket))} ${round(y(values[bucket] ?? 0))}`).join('L');
    if (run.length > 1) path += `M${edge(high, run)}L${edge(low, run.toReversed())}z`;
    run = [];
  };
  for (let bucket = 0; bucket < band.count; bucket += 1) {
    if ((low[bucket] ?? null) !== null && (high[bucket] ?? null) !== null) run.push(bucket);
    else close();
  }
  close();
  return path;
}

/** Buckets whose neighbours are both unknown: a line has no length there, so they are drawn as dots. */
export function lonely(values: readonly Value[]): number[] {
  const known = (bucket: number): boolean => (values[bucket] ?? null) !== null;
  return values.flatMap((value, bucket) =>
    value !== null && !known(bucket - 1) && !known(bucket + 1) ? [bucket] : [],
  );
}
