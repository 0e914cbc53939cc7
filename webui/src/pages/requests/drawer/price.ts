/** How a cost came about, line by line, so that anybody can check it with a pencil. Money is in nano-dollars. */
import type { EventPrice } from '../event.ts';

const MILLION = 1_000_000;

export interface Line {
  readonly bucket: EventPrice['lines'][number]['bucket'];
  readonly tokens: number;
  readonly perMillion: number;
  /** Tokens times price, before any factor. */
  readonly cost: number;
  /** Its part of the sum of all lines, 0 to 1. */
  readonly share: number;
}

export interface Factor {
  /** Null: the multiplier of the price itself. */
  readonly label: string | null;
  readonly multiplier: number;
}

export interface Account {
  readonly lines: readonly Line[];
  /** Sum of the lines; shown when factors come between it and the total. */
  readonly subtotal: number;
  readonly factors: readonly Factor[];
  /** What is stored, and counted in every sum. */
  readonly total: number;
  /** What is stored less what the lines give, when rounding does not explain it; else 0. */
  readonly unexplained: number;
}

/** `stored` is the cost that the request was stored with. */
export function account(price: EventPrice, stored: number): Account {
  const costs = price.lines.map((line) => (line.tokens * line.nanos_per_million) / MILLION);
  const subtotal = costs.reduce((sum, cost) => sum + cost, 0);
  const factors: Factor[] = [
    ...(price.multiplier === 1 ? [] : [{ label: null, multiplier: price.multiplier }]),
    ...price.rules.map(({ label, multiplier }) => ({ label, multiplier })),
  ];
  const product = factors.reduce((total, { multiplier }) => total * multiplier, subtotal);
  const difference = stored - product;
  // Half a nano-dollar is rounding; beside it, a double holds sixteen digits of the product.
  const explained = Math.abs(difference) <= 1 + Math.abs(product) * 1e-9;
  return {
    lines: price.lines.map((line, index) => {
      const cost = costs[index] ?? 0;
      return {
        bucket: line.bucket,
        tokens: line.tokens,
        perMillion: line.nanos_per_million,
        cost,
        share: subtotal > 0 ? cost / subtotal : 0,
      };
    }),
    subtotal,
    factors,
    total: stored,
    unexplained: explained ? 0 : difference,
  };
}
