/** How long a range is, as far as the page can tell before the server has answered. */
import type { Range } from '~/view/types.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const LENGTHS: Record<string, number> = { m: MINUTE, h: HOUR, d: DAY };

/** Milliseconds that a range covers; null for ranges whose length only the server knows. */
export function lengthOf(range: Range): number | null {
  if (!('preset' in range)) return Date.parse(range.to) - Date.parse(range.from);
  const rolling = /^(\d+)([mhd])$/.exec(range.preset);
  if (rolling) return Number(rolling[1]) * (LENGTHS[rolling[2] ?? ''] ?? 0);
  switch (range.preset) {
    case 'today':
    case 'yesterday':
      return DAY;
    case 'this_week':
    case 'last_week':
      return 7 * DAY;
    case 'this_month':
    case 'last_month':
      return 31 * DAY;
    default:
      return null;
  }
}
