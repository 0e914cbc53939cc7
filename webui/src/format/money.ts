/** Money: US dollars out of nano-dollars (1e-9 USD), the unit of the API. */
import { decimal, type Quantity, UNKNOWN } from './numbers.ts';

const NANOS = 1e9;

/** What two decimals cannot show is below this. */
const CENT = 0.005;

/**
 * A sum as people read it: `$412.80`, `$12,345` from ten thousand on, `$1.24M` from a million on, `$0.0042` below a cent,
 * `<$0.0001` where four decimals would show nothing, `$0` for nothing.
 */
export function money(nanos: Quantity): string {
  const [sign, number, letter] = moneyParts(nanos);
  return sign + number + letter;
}

/** A cost in a column of single requests: four decimals below ten dollars, zeros kept, so that digits line up. */
export function moneyColumn(nanos: Quantity): string {
  if (nanos == null) return UNKNOWN;
  const dollars = Math.abs(nanos) / NANOS;
  if (dollars < 0.00005 || dollars >= 9.99995) return money(nanos);
  return `${nanos < 0 ? '−$' : '$'}${decimal(dollars, 4, true)}`;
}

/** `[sign and currency, number, letter]` of `money`, so that a tile can tone the letter down. */
export function moneyParts(nanos: Quantity): readonly [string, string, string] {
  if (nanos == null) return ['', UNKNOWN, ''];
  const dollars = Math.abs(nanos) / NANOS;
  const sign = nanos < 0 ? '−$' : '$';
  if (dollars === 0) return ['$', '0', ''];
  if (dollars < 0.00005) return [nanos < 0 ? '>−$' : '<$', decimal(0.0001, 4), ''];
  if (dollars < CENT) return [sign, decimal(dollars, 4), ''];
  if (dollars < 0.09995) return [sign, decimal(dollars, 3, true), ''];
  if (dollars < 9_999.995) return [sign, decimal(dollars, 2, true), ''];
  if (dollars < 999_999.5) return [sign, decimal(dollars, 0), ''];
  if (dollars < 999_995_000) return [sign, decimal(dollars / 1e6, 2, true), 'M'];
  return [sign, decimal(dollars / 1e9, 2, true), 'B'];
}

/** A sum in a narrow place, an axis or a table of many: `$0.00` forms become `<$0.01`, no more than two decimals. */
export function moneyShort(nanos: Quantity): string {
  if (nanos == null) return UNKNOWN;
  const dollars = Math.abs(nanos) / NANOS;
  if (dollars > 0 && dollars < CENT) return nanos < 0 ? `>−$${decimal(0.01, 2)}` : `<$${decimal(0.01, 2)}`;
  if (dollars < 0.09995 && dollars > 0) return `${nanos < 0 ? '−$' : '$'}${decimal(dollars, 2, true)}`;
  return money(nanos);
}

/** To the nano-dollar, as stored: `$0.000031200`. */
export function moneyExact(nanos: Quantity): string {
  if (nanos == null) return UNKNOWN;
  const whole = Math.trunc(Math.abs(nanos) / NANOS);
  const rest = String(Math.abs(nanos) % NANOS)
    .padStart(9, '0')
    .replace(/0+$/, '')
    .padEnd(2, '0');
  const point = decimal(1.5, 1).charAt(1);
  return `${nanos < 0 ? '−$' : '$'}${decimal(whole, 0)}${point}${rest}`;
}

/** A price of tokens, dollars for a million of them: `$3.00 / M`. */
export function perMillion(dollars: Quantity): string {
  return dollars == null ? UNKNOWN : `$${decimal(dollars, dollars < 0.1 ? 4 : 2, dollars >= 0.1)} / M`;
}

/** What requests cost together; null, and not zero, where none of them has a known price. */
export function knownCost(of: {
  readonly cost_nanos: number;
  readonly unpriced_requests: number;
}): number | null {
  return of.cost_nanos === 0 && of.unpriced_requests > 0 ? null : of.cost_nanos;
}
