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

/** How a stretch of time went: nothing asked, nothing failed, failures that may be chance, and three steps of trouble. */
export type Health = 'none' | 'perfect' | 'good' | 'poor' | 'bad' | 'failing';

/** Fewer requests than this are too few to speak of trouble. */
export const FEW = 10;

/** How much of all requests must be failing, with confidence, for each step of trouble; the worst first. */
export const TROUBLE: readonly (readonly [Health, number])[] = [
  ['failing', 0.2],
  ['bad', 0.1],
  ['poor', 0.03],
];

/** 95 of 100 times the true share lies above the bound. */
const Z = 1.645;

/**
 * The least share of requests that fail, as far as a sample can tell: Wilson's lower bound, one-sided. One failure of one
 * request says next to nothing, forty of two hundred say almost all there is to say.
 */
export function surelyFailing(requests: number, failed: number): number {
  if (requests <= 0) return 0;
  const share = failed / requests;
  const square = Z * Z;
  const middle = share + square / (2 * requests);
  const spread = Z * Math.sqrt((share * (1 - share)) / requests + square / (4 * requests * requests));
  return Math.max(0, (middle - spread) / (1 + square / requests));
}

export function health(requests: number, failed: number): Health {
  if (requests <= 0) return 'none';
  if (failed <= 0) return 'perfect';
  if (requests < FEW) return 'good';
  const least = surelyFailing(requests, failed);
  return TROUBLE.find(([, share]) => least >= share)?.[0] ?? 'good';
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
