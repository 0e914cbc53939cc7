import { describe, expect, it } from 'vitest';
import type { EventRow, Events } from '~/api/types.ts';
import { begun, continued, indexOf, neighbour } from './rows.ts';

const event = (id: string): EventRow => ({ id }) as EventRow;
const page = (ids: string[], next: string | null = null): Events =>
  ({ events: ids.map(event), next_cursor: next, head_cursor: 'head', newer: 0 }) as unknown as Events;
const ids = (events: readonly EventRow[]) => events.map(({ id }) => id);

describe('rows', () => {
  it('joins pages in the order they came', () => {
    const rows = continued(begun(page(['a', 'b'], '2')), page(['c', 'd'], '3'));
    expect(ids(rows.events)).toEqual(['a', 'b', 'c', 'd']);
    expect(rows).toMatchObject({ next: '3', head: 'head', cut: false });
  });

  it('leaves a row that comes again where it is', () => {
    expect(ids(continued(begun(page(['a', 'b'], '2')), page(['b', 'c'])).events)).toEqual(['a', 'b', 'c']);
  });

  it('ends where the last page ends', () => {
    expect(continued(begun(page(['a'], '2')), page(['b'])).next).toBeNull();
  });

  it('stops at its bound and says so', () => {
    const rows = continued(begun(page(['a', 'b'], '2')), page(['c', 'd'], '3'), 3);
    expect(ids(rows.events)).toEqual(['a', 'b', 'c']);
    expect(rows).toMatchObject({ next: null, cut: true });
  });

  it('is not cut when its bound is also its end', () => {
    expect(continued(begun(page(['a'], '2')), page(['b', 'c']), 3).cut).toBe(false);
  });

  it('finds a row and its neighbours', () => {
    const events = ['a', 'b', 'c'].map(event);
    expect(indexOf(events, 'c')).toBe(2);
    expect(indexOf(events, null)).toBe(-1);
    expect(neighbour(events, 'b', 1)?.id).toBe('c');
    expect(neighbour(events, 'b', -1)?.id).toBe('a');
    expect(neighbour(events, 'c', 1)).toBeNull();
    expect(neighbour(events, 'a', -1)).toBeNull();
  });

  it('begins at the first row from a row that is not among them', () => {
    expect(neighbour(['a', 'b'].map(event), 'z', 1)?.id).toBe('a');
    expect(neighbour([], null, 1)).toBeNull();
  });
});
