/** Cells of a map: what an hour comes to on average, how dark it is, and where the ramp's steps end. */
import type { Heatmap } from '~/api/types.ts';
import { zone } from '~/api/zone.svelte.ts';
import { SEQUENTIAL_STEPS, sequentialStep } from '~/charts/heat.ts';
import type { Value } from '~/charts/series.ts';
import type { Scale } from './parameters.ts';

const HOUR = 3_600_000;
const HOURS_OF_WEEK = 168;

export const HEAT_COLORS = [
  'var(--empty)',
  ...Array.from({ length: SEQUENTIAL_STEPS }, (_, step) => `var(--heat-${step + 1})`),
] as const;

/** Rows of columns. */
export type Cells = readonly (readonly Value[])[];

interface Sums {
  readonly cells: readonly (readonly Value[])[];
  readonly hours: readonly (readonly number[])[];
}

/**
 * What each cell comes to: of sums the mean of an hour of it, of anything else the figure itself. `join`: so many columns
 * make one; only sums can be joined.
 */
export function means(sums: Sums, isSum: boolean, join = 1): Value[][] {
  return sums.cells.map((row, y) => {
    const width = Math.ceil(row.length / join);
    return Array.from({ length: width }, (_, x): Value => {
      const parts = row.slice(x * join, (x + 1) * join);
      if (!isSum) return parts[0] ?? null;
      const hours = (sums.hours[y] ?? []).slice(x * join, (x + 1) * join).reduce((all, one) => all + one, 0);
      return hours > 0 ? parts.reduce<number>((all, one) => all + (one ?? 0), 0) / hours : null;
    });
  });
}

/** What some rows come to together, an hour of each column on average. */
export function meanRow(sums: Sums, rows: readonly number[]): Value[] {
  const width = sums.cells[0]?.length ?? 0;
  return Array.from({ length: width }, (_, x): Value => {
    const add = (of: readonly (readonly Value[])[]): number =>
      rows.reduce((all, y) => all + (of[y]?.[x] ?? 0), 0);
    const hours = add(sums.hours);
    return hours > 0 ? add(sums.cells) / hours : null;
  });
}

/** The mean of an hour over everything. */
export function meanOfAll(sums: Sums): Value {
  const add = (of: readonly (readonly Value[])[]): number =>
    of.flat().reduce<number>((all, one) => all + (one ?? 0), 0);
  const hours = add(sums.hours);
  return hours > 0 ? add(sums.cells) / hours : null;
}

/** What the darkest cell that one cell is compared with has. */
export function maximumFor(cells: Cells, scale: Scale, x: number, y: number): number {
  const compared =
    scale === 'row'
      ? (cells[y] ?? [])
      : scale === 'column'
        ? cells.map((row) => row[x] ?? null)
        : cells.flat();
  return Math.max(0, ...compared.map((value) => value ?? 0));
}

export function colorOf(cells: Cells, scale: Scale, x: number, y: number): string {
  const step = sequentialStep(cells[y]?.[x] ?? null, maximumFor(cells, scale, x, y));
  return HEAT_COLORS[step] ?? HEAT_COLORS[0];
}

/** Where each step of the ramp ends, as a part of the maximum. */
export const STEP_ENDS: readonly number[] = Array.from(
  { length: SEQUENTIAL_STEPS },
  (_, step) => ((step + 1) / SEQUENTIAL_STEPS) ** 2,
);

export interface Peak {
  readonly x: number;
  readonly y: number;
  readonly value: number;
}

/** The greatest cells, the greatest first. */
export function peaks(cells: Cells, most: number): Peak[] {
  return cells
    .flatMap((row, y) => row.map((value, x) => ({ x, y, value: value ?? 0 })))
    .filter(({ value }) => value > 0)
    .sort((one, other) => other.value - one.value)
    .slice(0, most);
}

/** The last hour of a week (1 Monday to 7, 0 to 23) that began before `until` (milliseconds), as a range. */
export function lastHour(weekday: number, hour: number, until: number): { from: string; to: string } | null {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone.name,
    weekday: 'short',
    hour: '2-digit',
    hourCycle: 'h23',
  });
  const wanted = `${['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'][weekday - 1]} ${String(hour).padStart(2, '0')}`;
  const quarter = HOUR / 4;
  let start = Math.floor((until - 1) / quarter) * quarter;
  for (let left = HOURS_OF_WEEK * 4 + 8; left > 0; left -= 1, start -= quarter) {
    const found = Object.fromEntries(parts.formatToParts(start).map(({ type, value }) => [type, value]));
    if (`${found['weekday']} ${found['hour']}` === wanted) {
      // The walk comes from above: the last quarter of the hour.
      const from = start - HOUR + quarter;
      return { from: new Date(from).toISOString(), to: new Date(from + HOUR).toISOString() };
    }
  }
  return null;
}

/** Whether a map's axis holds entities. */
export function entityAt(axis: Heatmap['x'], place: number): { id: string; label: string } | null {
  const found = axis[place];
  return typeof found === 'object' && found !== null ? found : null;
}
