/** Lengths of time. English writes the international signs, Chinese its own words. */
import { type Locale, locale } from '~/i18n/locale.svelte.ts';
import { decimal, type Quantity, UNKNOWN } from './numbers.ts';

/** Units of a length of time. */
const UNITS = {
  en: { ms: 'ms', s: 's', min: 'min', h: 'h', d: 'd' },
  'zh-CN': { ms: '毫秒', s: '秒', min: '分', h: '小时', d: '天' },
  'zh-TW': { ms: '毫秒', s: '秒', min: '分', h: '小時', d: '天' },
} as const satisfies Record<Locale, object>;
type Unit = keyof (typeof UNITS)['en'];

/** Milliseconds as people read them: `420 ms`, `3.1 s`, `18 s`, `2 min 5 s`, `1 h 40 min`, `3 d 4 h`. */
export function duration(ms: Quantity): string {
  const parts = durationParts(ms);
  return parts.map(([number, unit]) => (unit === '' ? number : `${number} ${unit}`)).join(' ');
}

/** `duration` as pairs of number and unit, so that a tile can tone the unit down. */
export function durationParts(ms: Quantity): (readonly [string, string])[] {
  if (ms == null) return [[UNKNOWN, '']];
  const size = Math.abs(ms);
  const sign = ms < 0 ? -1 : 1;
  const units = UNITS[locale.current];
  if (size < 999.5) return [[decimal(sign * size, size < 10 && !Number.isInteger(size) ? 1 : 0), units.ms]];
  if (size < 9_950) return [[decimal((sign * size) / 1000, 1, true), units.s]];
  const seconds = Math.round(size / 1000);
  if (seconds < 60) return [[decimal(sign * seconds, 0), units.s]];
  if (seconds < 3_600) return pair(sign, seconds, 60, 'min', 1, 's');
  if (seconds < 86_400) return pair(sign, seconds, 3_600, 'h', 60, 'min');
  return pair(sign, seconds, 86_400, 'd', 3_600, 'h');
}

/** Ages stand in sentences, so their units are words where the language has no signs for them. */
const AGE_UNITS: Record<Locale, readonly [day: string, hour: string, minute: string, second: string]> = {
  en: ['d', 'h', 'min', 's'],
  'zh-CN': ['天', '小时', '分钟', '秒'],
  'zh-TW': ['天', '小時', '分鐘', '秒'],
};
const AGE_SIZES = [86_400, 3_600, 60, 1];

/** How old something is, coarse enough to be read in passing: `0 s`, `4 s`, `3 min`, `2 h`, `5 d`. */
export function age(ms: Quantity): string {
  if (ms == null) return UNKNOWN;
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const fitting = AGE_SIZES.findIndex((size) => seconds >= size);
  const at = fitting < 0 ? AGE_SIZES.length - 1 : fitting;
  return `${decimal(Math.floor(seconds / (AGE_SIZES[at] ?? 1)), 0)} ${AGE_UNITS[locale.current][at]}`;
}

/** Milliseconds with every digit: `18,432 ms`. */
export function durationExact(ms: Quantity): string {
  return ms == null ? UNKNOWN : `${decimal(ms, 3)} ${UNITS[locale.current].ms}`;
}

function pair(sign: number, seconds: number, big: number, bigUnit: Unit, small: number, smallUnit: Unit) {
  const units = Math.round(seconds / small);
  const whole = Math.floor((units * small) / big);
  const rest = units - (whole * big) / small;
  const parts: (readonly [string, string])[] = [[decimal(sign * whole, 0), UNITS[locale.current][bigUnit]]];
  if (rest > 0) parts.push([decimal(rest, 0), UNITS[locale.current][smallUnit]]);
  return parts;
}
