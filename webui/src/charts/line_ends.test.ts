import { expect, test } from 'vitest';
import { bands } from './bands.ts';
import { lineEnds } from './line_ends.ts';
import type { Series } from './series.ts';

const line = (id: string, values: (number | null)[]): Series => ({ id, label: id, color: 'red', values });
const band = bands(4, 400);

test('names stand at the ends of their lines and never over each other', () => {
  const ends = lineEnds(
    [
      line('p99', [1, 2, 3, 100]),
      line('p95', [1, 2, 3, 98]),
      line('p50', [1, 2, 3, 2]),
      line('p10', [1, 1, 1, 1]),
    ],
    band,
    (value) => 200 - value * 2,
    200,
    60,
  );
  expect(ends.map(({ id }) => id)).toEqual(['p99', 'p95', 'p50', 'p10']);
  const places = ends.map(({ y }) => y);
  for (const [index, place] of places.slice(1).entries())
    expect(place - (places[index] ?? 0)).toBeGreaterThanOrEqual(15);
  expect(Math.max(...places)).toBeLessThanOrEqual(200);
});

test('a line that ends early is named all the same, one without a value is not', () => {
  const ends = lineEnds(
    [line('a', [1, 2, null, null]), line('b', [null, null])],
    band,
    (value) => value,
    100,
    60,
  );
  expect(ends.map(({ id }) => id)).toEqual(['a']);
});

test('a name that is longer than its room is cut', () => {
  expect(lineEnds([line('claude-haiku-4-5-20251001', [1])], band, (value) => value, 100, 70)[0]?.text).toBe(
    'claude-ha…',
  );
});
