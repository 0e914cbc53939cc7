import { expect, test } from 'vitest';
import { inZone, wall, zoned } from './wall.ts';

test('the wall time is what the text says, whatever the offset', () => {
  const at = wall('2026-11-18T23:30:00+08:00');
  expect([at.year, at.month, at.day, at.hour, at.minute]).toEqual([2026, 11, 18, 23, 30]);
  expect(wall('2026-11-18').hour).toBe(0);
  expect(() => wall('soon')).toThrow(RangeError);
});

test.each([
  ['2026-11-20T14:00', 'Asia/Shanghai', '2026-11-20T14:00:00+08:00'],
  ['2026-07-01T00:00', 'America/New_York', '2026-07-01T00:00:00-04:00'],
  ['2026-11-20T09:00', 'Asia/Kathmandu', '2026-11-20T09:00:00+05:45'],
  ['2026-11-20T09:00', 'UTC', '2026-11-20T09:00:00+00:00'],
  // Clocks go back on 1 November: 01:00 happens twice, the first is meant.
  ['2026-11-01T01:00', 'America/New_York', '2026-11-01T01:00:00-04:00'],
  ['2026-11-01T02:00', 'America/New_York', '2026-11-01T02:00:00-05:00'],
  // Clocks go forward on 8 March: 02:30 does not happen.
  ['2026-03-08T02:30', 'America/New_York', '2026-03-08T03:30:00-04:00'],
  ['2026-03-08T03:00', 'America/New_York', '2026-03-08T03:00:00-04:00'],
])('%s on a wall in %s is %s', (time, zone, expected) => {
  expect(zoned(wall(time).utc, zone)).toBe(expected);
});

test('an instant is written with the offset its zone has then', () => {
  expect(inZone(Date.UTC(2026, 0, 1), 'America/New_York')).toBe('2025-12-31T19:00:00-05:00');
});
