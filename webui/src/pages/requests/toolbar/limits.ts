/** The two quantities that single requests can be limited by. */
import { t } from '~/i18n/index.svelte.ts';
import type { Bound, Bounds } from '~/view/types.ts';
import { msOf, msText, nanosOf, nanosText } from './amounts.ts';

export interface Limit {
  readonly name: 'cost' | 'latency';
  readonly low: Bound;
  readonly high: Bound;
  /** What was typed, as the API counts; undefined: nothing; null: nonsense. */
  readonly read: (text: string) => number | undefined | null;
  readonly written: (value: number | undefined) => string;
  readonly shown: (value: number) => string;
  /** Lower limits that are often wanted. */
  readonly often: readonly number[];
}

export const LIMITS: Readonly<Record<'cost' | 'latency', Limit>> = {
  cost: {
    name: 'cost',
    low: 'min_cost_nanos',
    high: 'max_cost_nanos',
    read: nanosOf,
    written: nanosText,
    shown: dollars,
    often: [10_000_000, 100_000_000, 1_000_000_000],
  },
  latency: {
    name: 'latency',
    low: 'min_latency_ms',
    high: 'max_latency_ms',
    read: msOf,
    written: msText,
    shown: msText,
    often: [5_000, 30_000, 120_000],
  },
};

/** `$0.50`, and as many decimals as were typed: a limit is shown as it is. */
function dollars(nanos: number): string {
  const [whole, decimals = ''] = nanosText(nanos).split('.');
  return `$${whole}.${decimals.padEnd(2, '0')}`;
}

export function isLimited(bounds: Bounds, limit: Limit): boolean {
  return bounds[limit.low] !== undefined || bounds[limit.high] !== undefined;
}

/** `bounds` with other ends for one limit; undefined takes an end away. */
export function limited(
  bounds: Bounds,
  limit: Limit,
  low: number | undefined,
  high: number | undefined,
): Bounds {
  const { [limit.low]: _low, [limit.high]: _high, ...rest } = bounds;
  return {
    ...rest,
    ...(low === undefined ? {} : { [limit.low]: low }),
    ...(high === undefined ? {} : { [limit.high]: high }),
  };
}

/** `Cost ≥ $0.10`, or just its name when there is no limit. */
export function limitText(bounds: Bounds, limit: Limit): string {
  const name = t(`requests.limit.${limit.name}`);
  const low = bounds[limit.low];
  const high = bounds[limit.high];
  if (low !== undefined && high !== undefined)
    return t('requests.limit.between', { name, from: limit.shown(low), to: limit.shown(high) });
  if (low !== undefined) return t('requests.limit.over', { name, from: limit.shown(low) });
  return high === undefined ? name : t('requests.limit.under', { name, to: limit.shown(high) });
}
