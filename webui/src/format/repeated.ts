/**
 * The hour that clocks show twice when they are set back. What stands alone is ambiguous there, so it is given the offset
 * that was in force: `01:30` and `01:30` become `01:30 GMT-4` and `01:30 GMT-5`.
 */
import { zone } from '~/api/zone.svelte.ts';
import { offsetAt } from '~/view/calendar.ts';
import { dateFormat } from './times.ts';

const DAY_MS = 86_400_000;

/** Whether clocks in the server's zone show this moment's time at another moment, too. */
export function isRepeated(ms: number): boolean {
  const own = offsetAt(ms, zone.name);
  return [ms - DAY_MS / 2, ms + DAY_MS / 2].some((beside) => {
    const other = offsetAt(beside, zone.name);
    return other !== own && offsetAt(ms + own - other, zone.name) === other;
  });
}

/** ` GMT-4` where clocks show the time twice, else nothing. */
export function offsetMark(ms: number): string {
  if (!isRepeated(ms)) return '';
  const part = dateFormat({ hour: '2-digit', timeZoneName: 'short' })
    .formatToParts(ms)
    .find(({ type }) => type === 'timeZoneName');
  return part ? ` ${part.value}` : '';
}
