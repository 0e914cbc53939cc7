/** The columns that the log starts with in this browser, when the address names none. */
import { columnsOf } from './columns.ts';

const PLACE = 'keeper.requests.columns';

export function startColumns(): readonly string[] | null {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(PLACE) ?? 'null');
    return Array.isArray(kept) && kept.every((id) => typeof id === 'string') ? kept : null;
  } catch {
    return null;
  }
}

export function keepColumns(columns: readonly string[] | null): void {
  try {
    if (columns === null) localStorage.removeItem(PLACE);
    else localStorage.setItem(PLACE, JSON.stringify(columns));
  } catch {
    // Storage may be full or forbidden: the address still holds the choice.
  }
}

export function sameColumns(one: readonly string[] | null, other: readonly string[] | null): boolean {
  const ids = (chosen: readonly string[] | null) =>
    columnsOf(chosen)
      .map(({ id }) => id)
      .join();
  return ids(one) === ids(other);
}
