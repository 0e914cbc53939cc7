import { expect, test } from 'vitest';
import { bands } from './bands.ts';
import type { Series } from './series.ts';
import { lonely, polyline, seriesAt, stack } from './stack.ts';

const series = (id: string, values: (number | null)[]): Series => ({ id, label: id, color: id, values });
const y = (value: number): number => 100 - value;
const boxes = (path: string): number[][] =>
  [...path.matchAll(/M([\d.]+) ([\d.]+)h([\d.]+)v([\d.]+)/g)].map((match) => match.slice(1).map(Number));

test('a series stands on the one below it', () => {
  const [bottom, top] = stack([series('a', [30]), series('b', [20])], bands(1, 40), y);
  expect(boxes(bottom?.path ?? '')[0]?.[1]).toBe(70);
  expect(boxes(top?.path ?? '')[0]?.[1]).toBe(50);
});

test('unknown and zero draw nothing and leave the stack where it was', () => {
  const [first, second, third] = stack(
    [series('a', [null]), series('b', [0]), series('c', [10])],
    bands(1, 40),
    y,
  );
  expect(first?.path).toBe('');
  expect(second?.path).toBe('');
  expect(boxes(third?.path ?? '')[0]?.[1]).toBe(90);
});

test('each series is one path, however many buckets there are', () => {
  const marks = stack(
    [
      series(
        'a',
        Array.from({ length: 168 }, () => 5),
      ),
    ],
    bands(168, 1_000),
    y,
  );
  expect(marks).toHaveLength(1);
  expect(boxes(marks[0]?.path ?? '')).toHaveLength(168);
});

test('a value inside the stack belongs to one series', () => {
  const all = [series('a', [30]), series('b', [null]), series('c', [20])];
  expect(seriesAt(all, 0, 10)?.id).toBe('a');
  expect(seriesAt(all, 0, 31)?.id).toBe('c');
  expect(seriesAt(all, 0, 60)).toBeNull();
  expect(seriesAt(all, 0, -1)).toBeNull();
});

test('a line breaks where a value is unknown', () => {
  const band = bands(4, 40);
  expect(polyline([1, null, 2, 3], band, y)).toBe('M5 99M25 98L35 97');
  expect(polyline([], band, y)).toBe('');
});

test('a value between two unknown ones is drawn as a dot', () => {
  expect(lonely([1, null, 2, 3, null, 4])).toEqual([0, 5]);
  expect(lonely([7])).toEqual([0]);
});
