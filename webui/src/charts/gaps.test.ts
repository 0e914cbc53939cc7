import { expect, test } from 'vitest';
import { type Gap, gapSpans, gapsWithin, gapText } from './gaps.ts';

const HOURS = [
  '2026-11-26T00:00:00Z',
  '2026-11-26T01:00:00Z',
  '2026-11-26T02:00:00Z',
  '2026-11-26T03:00:00Z',
];
const END = '2026-11-26T04:00:00Z';
const gap = (from: string, to: string, lost: number | null = 86): Gap => ({
  from: `2026-11-26T${from}Z`,
  to: `2026-11-26T${to}Z`,
  lost,
});

test('a gap lies where it was, within its buckets', () => {
  expect(gapSpans([gap('01:30:00', '03:00:00')], HOURS, END, 40)).toEqual([{ x: 60, width: 60 }]);
});

test('a minute is wide enough to be seen, also at the edge', () => {
  const [short] = gapSpans([gap('02:00:00', '02:01:00')], HOURS, END, 40);
  expect(short?.width).toBe(4);
  expect(gapSpans([gap('03:59:30', '04:00:00')], HOURS, END, 40)).toEqual([{ x: 156, width: 4 }]);
});

test('what is outside is not drawn, what reaches out is cut', () => {
  const early = { ...gap('00:00:00', '00:00:00'), from: '2026-11-25T10:00:00Z' };
  expect(gapSpans([early], HOURS, END, 40)).toEqual([]);
  expect(gapSpans([{ ...early, to: '2026-11-27T00:00:00Z' }], HOURS, END, 40)).toEqual([
    { x: 0, width: 160 },
  ]);
  expect(gapSpans([gap('01:00:00', '02:00:00')], [], END, 40)).toEqual([]);
});

test('a bucket is told of the gaps that touch it', () => {
  const gaps = [gap('01:30:00', '03:00:00'), gap('03:10:00', '03:20:00', null)];
  expect(gapsWithin(gaps, HOURS, END, 0, 0)).toEqual([]);
  expect(gapsWithin(gaps, HOURS, END, 2, 2)).toEqual([gaps[0]]);
  expect(gapsWithin(gaps, HOURS, END, 2, 3)).toEqual(gaps);
});

test('a number is said where one is known', () => {
  expect(gapText([])).toBeNull();
  expect(gapText([gap('01:00:00', '02:00:00', 80), gap('03:00:00', '03:10:00', null)])).toBe(
    'charts.gap.lost',
  );
  expect(gapText([gap('01:00:00', '02:00:00', null)])).toBe('charts.gap.unknown');
});
