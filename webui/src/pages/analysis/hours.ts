/** Names of weekdays in the language in force. */
import { dateTag, locale } from '~/i18n/locale.svelte.ts';

/** 1 January 2024 was a Monday. */
const MONDAY = Date.UTC(2024, 0, 1);
const DAY = 86_400_000;

/** `Mon`, of 1 (Monday) to 7. */
export function weekdayName(number: number): string {
  return new Intl.DateTimeFormat(dateTag(locale.current), { weekday: 'short', timeZone: 'UTC' }).format(
    MONDAY + (number - 1) * DAY,
  );
}
