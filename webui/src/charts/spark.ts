/** The little line under a figure: it shows a shape, not values, so its domain is its own range. */
import type { Value } from './series.ts';

export interface SparkPath {
  readonly line: string;
  readonly area: string;
  /** Where the last known value lies, for a dot; null when nothing is known. */
  readonly end: readonly [number, number] | null;
}

const round = (pixels: number): number => Math.round(pixels * 100) / 100;

/**
 * @param fromZero amounts start at zero, so that a flat week looks flat; rates and times use their own range,
 *                 but never less than `least` of the greatest value, so that noise is not drawn as a storm
 */
export function sparkPath(
  values: readonly Value[],
  width: number,
  height: number,
  fromZero: boolean,
  least = 0.04,
): SparkPath {
  const known = values.filter((value): value is number => value !== null);
  if (known.length === 0 || values.length < 2) return { line: '', area: '', end: null };
  const high = Math.max(...known);
  const low = fromZero ? Math.min(0, ...known) : Math.min(...known);
  const spread = Math.max(high - low, Math.abs(high) * least);
  const base = fromZero ? low : (high + low - spread) / 2;
  const x = (index: number): number => round((index / (values.length - 1)) * width);
  const y = (value: number): number =>
    round(spread === 0 ? height : height - ((value - base) / spread) * height);
  let line = '';
  let area = '';
  let end: readonly [number, number] | null = null;
  let start = -1;
  values.forEach((value, index) => {
    if (value === null) {
      if (start >= 0) area += `L${x(index - 1)} ${height}L${x(start)} ${height}z`;
      start = -1;
      return;
    }
    const point = `${x(index)} ${y(value)}`;
    line += start < 0 ? `M${point}` : `L${point}`;
    // A value between two unknown ones is a line too, if only the shortest.
    if (start < 0 && values[index + 1] == null) line += `h${index === 0 ? 1 : -1}`;
    area += start < 0 ? `M${point}` : `L${point}`;
    if (start < 0) start = index;
    end = [x(index), y(value)];
  });
  if (start >= 0) area += `L${x(values.length - 1)} ${height}L${x(start)} ${height}z`;
  return { line, area, end };
}
