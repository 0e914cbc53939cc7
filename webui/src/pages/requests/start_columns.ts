/** The columns that the log starts with in this browser, when the address names none. */
import { readStored, store } from '~/view/storage.ts';
import { columnsOf } from './columns.ts';

const STORED = 'requests.columns';

export function startColumns(): readonly string[] | null {
  let kept: unknown;
  try {
    kept = JSON.parse(readStored(STORED) ?? 'null');
  } catch {
    return null;
  }
  return Array.isArray(kept) && kept.every((id) => typeof id === 'string') ? kept : null;
}

export function keepColumns(columns: readonly string[] | null): void {
  store(STORED, columns === null ? null : JSON.stringify(columns));
}

export function sameColumns(one: readonly string[] | null, other: readonly string[] | null): boolean {
  const ids = (chosen: readonly string[] | null) =>
    columnsOf(chosen)
      .map(({ id }) => id)
      .join();
  return ids(one) === ids(other);
}
