/** What a window of quota looks like: which of several is told first, its bar, its time left. Percentages are 0 to 100. */
import type { QuotaAccount, QuotaWindow } from '~/api/types.ts';

const DAY_SECONDS = 86_400;
export const FIVE_HOURS = 5 * 3_600;
export const WEEK = 7 * DAY_SECONDS;

export type Length = 'short' | 'long';

/** The scarcest of all first: what blocks, what runs dry, then what has least left. */
const URGENCY = { blocked: 0, runs_dry: 1, lasts: 2, unknown: 2, unstarted: 3 } as const;

/** What remains, as a part of the whole; null where the provider gives neither percentage nor limit. */
export function remainingPart(window: QuotaWindow): number | null {
  if (window.remaining_percent !== null) return clamp(window.remaining_percent / 100);
  if (window.limit && window.remaining !== null) return clamp(window.remaining / window.limit);
  return null;
}

/** The part of the window's time that is left; null where its length or its end is not known, or the reading is old. */
export function timePart(window: QuotaWindow, now: number): number | null {
  if (window.stale || window.outlook === 'unstarted') return null;
  if (window.length_seconds === null || window.resets_at === null) return null;
  return clamp((Date.parse(window.resets_at) - now) / 1000 / window.length_seconds);
}

export function lengthOf(window: QuotaWindow): Length {
  return window.length_seconds !== null && window.length_seconds <= DAY_SECONDS ? 'short' : 'long';
}

/** The windows of an account, the scarcest first. */
export function byScarcity(windows: readonly QuotaWindow[]): QuotaWindow[] {
  return [...windows].sort(
    (one, other) =>
      URGENCY[one.outlook] - URGENCY[other.outlook] ||
      (remainingPart(one) ?? 1) - (remainingPart(other) ?? 1) ||
      (one.length_seconds ?? Number.POSITIVE_INFINITY) - (other.length_seconds ?? Number.POSITIVE_INFINITY),
  );
}

/** The one window of a length that a row has room for; null: there is none of which something is known. */
export function scarcest(account: QuotaAccount, length: Length): QuotaWindow | null {
  const known = account.windows.filter(
    (window) =>
      lengthOf(window) === length && (remainingPart(window) !== null || window.outlook === 'unstarted'),
  );
  return byScarcity(known)[0] ?? null;
}

/** The window that an account's state speaks of. */
export function windowOf(account: QuotaAccount): QuotaWindow | null {
  return account.windows.find(({ key }) => key === account.window) ?? null;
}

function clamp(part: number): number {
  return Math.min(1, Math.max(0, part));
}
