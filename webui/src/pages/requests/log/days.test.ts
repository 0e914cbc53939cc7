import { expect, test } from 'vitest';
import type { EventRow } from '~/api/types.ts';
import { placeOf, withDays } from './days.ts';

const event = (id: string, occurred_at: string): EventRow => ({ id, occurred_at }) as EventRow;
const events = [
  event('c', '2026-11-20T00:10:00Z'),
  event('b', '2026-11-19T23:50:00Z'),
  event('a', '2026-11-19T08:00:00Z'),
];

test('a day is a divider before its first row', () => {
  const items = withDays(events, true);
  expect(items.map((item) => (item.kind === 'day' ? item.key : item.event.id))).toEqual([
    '2026-11-20',
    'c',
    '2026-11-19',
    'b',
    'a',
  ]);
  expect(placeOf(items, 'b')).toBe(3);
  expect(placeOf(items, null)).toBe(-1);
  expect(items.flatMap((item) => (item.kind === 'event' ? [item.index] : []))).toEqual([0, 1, 2]);
});

test('in another order than that of time there are no days', () => {
  expect(withDays(events, false).every(({ kind }) => kind === 'event')).toBe(true);
});
