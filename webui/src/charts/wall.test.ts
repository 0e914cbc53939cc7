import { expect, test } from 'vitest';
import { wall } from './wall.ts';

test('the wall time is what the text says, whatever the offset', () => {
  const at = wall('2026-11-18T23:30:00+08:00');
  expect([at.year, at.month, at.day, at.hour, at.minute]).toEqual([2026, 11, 18, 23, 30]);
  expect(wall('2026-11-18').hour).toBe(0);
  expect(() => wall('soon')).toThrow(RangeError);
});
