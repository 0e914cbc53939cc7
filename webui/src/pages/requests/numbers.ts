/** The columns that hold one number: what it is, how it is written, and how it is written exactly. */
import type { EventRow } from '~/api/types.ts';
import {
  compactColumn,
  decimal,
  duration,
  durationExact,
  exact,
  moneyColumn,
  moneyExact,
  percent,
  rate,
  UNKNOWN,
} from '~/format/index.ts';
import { cacheHit, outputSpeed, uncached } from './event.ts';

export type NumberColumn =
  | 'uncached'
  | 'cache_read'
  | 'cache_write'
  | 'input'
  | 'cache_hit'
  | 'output'
  | 'reasoning'
  | 'total'
  | 'ttft'
  | 'speed'
  | 'cost';

export interface NumberKind {
  /** Null: not known for this request. */
  readonly of: (event: EventRow) => number | null;
  readonly text: (value: number | null) => string;
  readonly exact: (value: number | null) => string;
  /** Tokens, which a failed request mostly has none of. */
  readonly tokens?: boolean;
}

/** A request for which no tokens were reported at all: its counts are unknown, not zero. */
export function isUncounted(event: EventRow): boolean {
  return event.total_tokens === 0 && (event.result === 'failed' || event.cost_state === 'unmetered');
}

function tokens(count: (event: EventRow) => number): NumberKind {
  return {
    of: (event) => (isUncounted(event) ? null : count(event)),
    text: compactColumn,
    exact,
    tokens: true,
  };
}

export function speedText(value: number | null): string {
  return value === null ? UNKNOWN : decimal(value, value < 10 ? 1 : 0);
}

export const NUMBERS: Readonly<Record<NumberColumn, NumberKind>> = {
  uncached: tokens(uncached),
  cache_read: tokens((event) => event.cache_read_tokens),
  cache_write: tokens((event) => event.cache_write_tokens),
  input: tokens((event) => event.input_tokens),
  cache_hit: { of: cacheHit, text: rate, exact: percent, tokens: true },
  output: tokens((event) => event.output_tokens),
  reasoning: tokens((event) => event.reasoning_tokens),
  total: tokens((event) => event.total_tokens),
  ttft: { of: (event) => event.ttft_ms, text: duration, exact: durationExact },
  speed: { of: outputSpeed, text: speedText, exact: speedText },
  cost: { of: costOf, text: moneyColumn, exact: moneyExact },
};

/** Null where nothing is known or nothing was used: without a price, unmetered, or failed without tokens. */
export function costOf(event: EventRow): number | null {
  return event.cost_state === 'priced' && !isUncounted(event) ? event.cost_nanos : null;
}

export const isNumber = (id: string): id is NumberColumn => Object.hasOwn(NUMBERS, id);
