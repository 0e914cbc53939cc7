import { expect, test } from 'vitest';
import { wallTime } from './wall_time.ts';

test('the wall time is what the text says, whatever the offset', () => {
  const at = wallTime('2026-11-18T23:30:00+08:00');
  expect([at.year, at.month, at.day, at.hour, at.minute]).toEqual([2026, 11, 18, 23, 30]);
  expect(wallTime('2026-11-18').hour).toBe(0);
  expect(() => wallTime('soon')).toThrow(RangeError);
});
