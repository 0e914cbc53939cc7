/** The rows of the log as far as they were asked for: pages joined end to end by the cursor of the one before. */
import type { EventRow, Events } from '~/api/types.ts';

export interface Rows {
  readonly events: readonly EventRow[];
  /** Where the next page begins; null: there is none, or no more are kept. */
  readonly next: string | null;
  /** Stands before the first row: what has arrived since is counted from it. */
  readonly head: string;
  /** No more rows are asked for, although there are some. */
  readonly cut: boolean;
}

/** The first page asks for what two screens hold, further ones for more at once. */
export const FIRST_PAGE = 100;
export const NEXT_PAGE = 200;

/** Nobody scrolls further; a browser should not hold more. */
export const ROWS_MAX = 20_000;

export function begun(page: Events): Rows {
  return { events: page.events, next: page.next_cursor, head: page.head_cursor, cut: false };
}

/** `rows` with the next page behind them. A row that is already there, because its place changed meanwhile, stays where it is. */
export function continued(rows: Rows, page: Events, most = ROWS_MAX): Rows {
  const known = new Set(rows.events.map((event) => event.id));
  const events = [...rows.events, ...page.events.filter((event) => !known.has(event.id))];
  const cut = events.length >= most && page.next_cursor !== null;
  return { ...rows, events: events.slice(0, most), next: cut ? null : page.next_cursor, cut };
}

export function indexOf(events: readonly EventRow[], id: string | null): number {
  return id === null ? -1 : events.findIndex((event) => event.id === id);
}

/** The row `step` below (or, negative, above) the row `id`; from nowhere the first. Null beyond either end. */
export function neighbour(events: readonly EventRow[], id: string | null, step: 1 | -1): EventRow | null {
  const at = indexOf(events, id);
  return events[at < 0 ? 0 : at + step] ?? null;
}
