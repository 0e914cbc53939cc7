/** What people type into the limits of cost and latency, as the API counts: nano-dollars and milliseconds. */

const NANOS = 1e9;
/** A million dollars: no request costs more. */
const DOLLARS_MAX = 1e6;
/** A day: no request takes longer. */
const MS_MAX = 86_400_000;

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  sec: 1_000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
};

/** `0.05`, `$0.05` and `5c` are 50,000,000; undefined: nothing was typed; null: it is no amount. */
export function nanosOf(text: string): number | undefined | null {
  const typed = normal(text).replace(/^\$/, '').trim();
  if (typed === '') return undefined;
  const match = /^(\d+(?:\.\d+)?|\.\d+)\s*(c|¢)?$/.exec(typed);
  if (match === null) return null;
  const dollars = Number(match[1]) / (match[2] ? 100 : 1);
  return dollars <= DOLLARS_MAX ? Math.round(dollars * NANOS) : null;
}

/** `10`, `10s`, `500 ms`, `2m`, `1m 30s`; a bare number is seconds. undefined: nothing was typed; null: it is no duration. */
export function msOf(text: string): number | undefined | null {
  const typed = normal(text);
  if (typed === '') return undefined;
  if (/^(\d+(\.\d+)?|\.\d+)$/.test(typed)) return bounded(Number(typed) * 1_000);
  const parts = [...typed.matchAll(/(\d+(?:\.\d+)?|\.\d+)\s*([a-z]+)\s*/g)];
  if (parts.map(([whole]) => whole).join('') !== typed) return null;
  let total = 0;
  for (const [, number, unit] of parts) {
    const size = UNITS[unit ?? ''];
    if (size === undefined) return null;
    total += Number(number) * size;
  }
  return bounded(total);
}

/** Nano-dollars as they are typed: `0.05`. */
export function nanosText(nanos: number | undefined): string {
  return nanos === undefined ? '' : plain(nanos / NANOS);
}

/** Milliseconds as they are typed: `500 ms`, `10 s`, `2 min`. */
export function msText(ms: number | undefined): string {
  if (ms === undefined) return '';
  if (ms < 1_000) return `${ms} ms`;
  return ms >= 60_000 && ms % 60_000 === 0 ? `${ms / 60_000} min` : `${plain(ms / 1_000)} s`;
}

function bounded(ms: number): number | null {
  return ms <= MS_MAX ? Math.round(ms) : null;
}

/** A comma is a decimal point to many people; full-width digits are what an input method leaves behind. */
function normal(text: string): string {
  return text
    .normalize('NFKC')
    .trim()
    .toLowerCase()
    .replace(/(\d),(\d{1,2})$/, '$1.$2')
    .replace(/(\d),(?=\d{3})/g, '$1');
}

function plain(value: number): string {
  return value.toFixed(9).replace(/\.?0+$/, '');
}
