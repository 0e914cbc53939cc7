/**
 * Steps of colour for grids. A value gets the number of a step, a component gives the step its colour.
 *
 * Zero is "empty" (step 0), not the palest step, so that nothing and little look different.
 */

/** Steps of a sequential ramp: 1 to {@link SEQUENTIAL_STEPS}, 0 for nothing. */
export const SEQUENTIAL_STEPS = 5;

/** Upper ends of steps 1 to 4 as fractions of the maximum: square-root spacing, since traffic is skewed. */
export function sequentialStep(value: number | null, maximum: number): number {
  if (value === null || value <= 0 || maximum <= 0) return 0;
  return Math.max(1, Math.min(SEQUENTIAL_STEPS, Math.ceil(Math.sqrt(value / maximum) * SEQUENTIAL_STEPS)));
}

export type Health = 'none' | 'perfect' | 'good' | 'fair' | 'poor' | 'bad' | 'failing';

/** Lowest success rate of each step, best first. `perfect` means that not one request failed. */
export const HEALTH_STEPS: readonly (readonly [Health, number])[] = [
  ['perfect', 1],
  ['good', 0.99],
  ['fair', 0.97],
  ['poor', 0.9],
  ['bad', 0.8],
  ['failing', 0],
];

export function health(rate: number | null): Health {
  if (rate === null) return 'none';
  return HEALTH_STEPS.find(([, lowest]) => rate >= lowest)?.[0] ?? 'failing';
}

/** Steps that carry a mark besides their colour, so that trouble is seen without red and green. */
export function marked(step: Health): boolean {
  return step === 'poor' || step === 'bad' || step === 'failing';
}

export interface Grid {
  readonly columns: number;
  readonly rows: number;
  readonly cellWidth: number;
  readonly cellHeight: number;
  readonly gap: number;
  readonly width: number;
  readonly height: number;
}

const WIDEST = 40;

/** Cells as large as the width allows, never higher than `tallest`, with gaps that shrink with them. */
export function grid(columns: number, rows: number, width: number, tallest: number, shortest = 8): Grid {
  const pitch = Math.min(WIDEST, columns > 0 ? width / columns : width);
  const gap = pitch >= 12 ? 3 : pitch >= 5 ? 1.5 : pitch >= 3 ? 0.5 : 0;
  const cellWidth = Math.max(0.5, pitch - gap);
  const cellHeight = Math.max(shortest, Math.min(tallest, cellWidth));
  return { columns, rows, cellWidth, cellHeight, gap, width, height: rows * (cellHeight + gap) - gap };
}

/** The cell under a point, or null in a gap's far side or outside. */
export function cellAt(layout: Grid, x: number, y: number): readonly [number, number] | null {
  const column = Math.floor(x / (layout.cellWidth + layout.gap));
  const row = Math.floor(y / (layout.cellHeight + layout.gap));
  if (column < 0 || row < 0 || column >= layout.columns || row >= layout.rows) return null;
  return [column, row];
}
