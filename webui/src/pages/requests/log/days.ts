/** The log with a divider before the first row of each day, so that no row repeats its date. */
import type { EventRow } from '~/api/types.ts';
import { dayKey } from '~/format/index.ts';

export type Item =
  | { readonly kind: 'event'; readonly event: EventRow; readonly index: number }
  /** `at`: the moment of the first row below it. */
  | { readonly kind: 'day'; readonly key: string; readonly at: string };

/** In another order than that of time there are no days, and rows say themselves when they were. */
export function withDays(events: readonly EventRow[], byTime: boolean): Item[] {
  const items: Item[] = [];
  let day = '';
  events.forEach((event, index) => {
    const key = byTime ? dayKey(event.occurred_at) : '';
    if (key !== day) {
      items.push({ kind: 'day', key, at: event.occurred_at });
      day = key;
    }
    items.push({ kind: 'event', event, index });
  });
  return items;
}

export function placeOf(items: readonly Item[], id: string | null): number {
  return id === null ? -1 : items.findIndex((item) => item.kind === 'event' && item.event.id === id);
}
