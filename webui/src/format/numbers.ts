/**
 * Quantities as people read them. Every function takes what the API gives and answers text in the language in force;
 * null and undefined are `–`, because what is unknown is not zero.
 */
import { locale } from '~/i18n/locale.svelte.ts';

export const UNKNOWN = '–';
export type Quantity = number | null | undefined;

const MINUS = '−';
const STEPS = [
  [1e12, 'T'],
  [1e9, 'B'],
  [1e6, 'M'],
  [1e3, 'K'],
] as const;

const cache = new Map<string, Intl.NumberFormat>();

/** A shared Intl.NumberFormat: making one is a hundred times dearer than using it. */
export function numberFormat(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = locale.current + JSON.stringify(options);
  let format = cache.get(key);
  if (format === undefined) {
    format = new Intl.NumberFormat(locale.current, options);
    cache.set(key, format);
  }
  return format;
}

/** A number with at most `digits` decimals and a real minus sign. */
export function decimal(value: number, digits: number, fixed = false): string {
  const format = numberFormat({ maximumFractionDigits: digits, minimumFractionDigits: fixed ? digits : 0 });
  const text = format.format(Math.abs(value));
  return value < 0 && /[1-9]/.test(text) ? MINUS + text : text;
}

/** Every digit: 1234567 is `1,234,567`. */
export function exact(value: Quantity): string {
  return value == null ? UNKNOWN : decimal(value, Number.isInteger(value) ? 0 : 2);
}

/**
 * Three significant digits with K, M, B or T: `999`, `1K`, `12.3K`, `900K`, `1M` (never `1000K`), `1.24B`. The letters are
 * the same in every language, since that is how tokens are spoken of. `[number, letter]`, so that the letter can be toned down.
 */
export function compactParts(value: Quantity, fixed = false): readonly [string, string] {
  if (value == null) return [UNKNOWN, ''];
  const size = Math.abs(value);
  if (size < 999.5) return [decimal(value, size < 10 ? 2 : size < 100 ? 1 : 0), ''];
  // 999,500 rounds to 1,000K, which is 1M: a step begins where the one below it would show four digits.
  const [unit, letter] = STEPS.find(([step]) => size >= step * 0.9995) ?? [1e3, 'K'];
  const scaled = value / unit;
  const digits = Math.abs(scaled) < 9.995 ? 2 : Math.abs(scaled) < 99.95 ? 1 : 0;
  return [decimal(scaled, digits, fixed), letter];
}

/** `compact` in a column: what is shortened keeps its zeros, so that digits line up: `49.0M` above `104M`. */
export function compactColumn(value: Quantity): string {
  return compactParts(value, true).join('');
}

export function compact(value: Quantity): string {
  return compactParts(value).join('');
}

/** A fraction 0..1 as a percentage: `71.4%`, `98.94%` above 95% so that one failure in a thousand shows, never a false `100%`. */
export function percent(value: Quantity): string {
  const text = percentNumber(value);
  return text === UNKNOWN ? text : `${text}${percentSign()}`;
}

/** The number of `percent` without its sign, for a tile that sets the sign smaller. */
export function percentNumber(value: Quantity): string {
  if (value == null) return UNKNOWN;
  const hundredths = value * 100;
  const size = Math.abs(hundredths);
  const digits =
    size > 95 && size < 100 ? 2 : size < 100 && size >= 0.1 ? 1 : size === 0 || size >= 100 ? 0 : 2;
  const rounded = Number(size.toFixed(digits));
  if (rounded === 100 && size < 100) return decimal(Math.sign(hundredths) * 99.99, 2);
  return decimal(hundredths, digits);
}

/** A rate in a column of them: always one decimal, so that digits line up; only nothing is `0%`, only all is `100%`. */
export function rate(value: Quantity): string {
  if (value == null) return UNKNOWN;
  if (value <= 0 || value >= 1) return `${decimal(value * 100, 0)}${percentSign()}`;
  if (value < 0.0005) return `<${decimal(0.1, 1)}${percentSign()}`;
  return `${decimal(Math.min(value * 100, 99.9), 1, true)}${percentSign()}`;
}

/** All our languages set the sign close to the number. */
export function percentSign(): string {
  return '%';
}

/** A share of a whole, in whole percent: `68%`, `<1%`. */
export function share(value: Quantity): string {
  if (value == null) return UNKNOWN;
  if (value > 0 && value < 0.005) return `<1${percentSign()}`;
  return `${decimal(value * 100, 0)}${percentSign()}`;
}

/** Bytes in binary steps: `512 B`, `1.5 KiB`, `2.0 GiB`. */
export function bytes(value: Quantity): string {
  if (value == null) return UNKNOWN;
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let size = value;
  let unit = 0;
  while (Math.abs(size) >= 1023.95 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${decimal(size, unit === 0 ? 0 : 1, unit > 0)} ${units[unit]}`;
}
