import { expect, test } from 'vitest';
import type { Summary } from '~/api/types.ts';
import { daily } from './tiles.ts';

const over = (days: number, active: number): Summary =>
  ({ selection: { elapsed_seconds: days * 86_400 }, active_days: active }) as unknown as Summary;
const figures = (summary: Summary, sum: number | null): string[] =>
  daily(summary, sum, (value) => value.toFixed(1)).map(([, text]) => text);

test('a day is the sum by the days that have passed, and by those with requests where there were fewer', () => {
  expect(figures(over(7, 5), 70)).toEqual(['10.0', '14.0']);
  expect(figures(over(6.5, 7), 65)).toEqual(['10.0']);
});

test('nothing is said of a day or less, of what is not known, and of days without requests', () => {
  expect(figures(over(1, 1), 70)).toEqual([]);
  expect(figures(over(7, 5), null)).toEqual([]);
  expect(figures(over(7, 0), 0)).toEqual(['0.0']);
});
