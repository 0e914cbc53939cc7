import { describe, expect, it } from 'vitest';
import type { EventPrice } from '../event.ts';
import { account as accountOf } from './price.ts';

/** claude-opus-4-6 at $5, $0.50, $6.25 and $25 a million. */
const price = (over: Partial<EventPrice> = {}): EventPrice => ({
  id: '1',
  source: 'bundled',
  provider: 'anthropic',
  model: 'claude-opus-4-6',
  matched_by: 'as_sent',
  service_tier: '',
  effective_from: '2026-02-05T00:00:00Z',
  context_tier_above: null,
  lines: [
    { bucket: 'uncached', tokens: 12, nanos_per_million: 5e9, cost_nanos: 60_000 },
    { bucket: 'cache_read', tokens: 41_200, nanos_per_million: 0.5e9, cost_nanos: 20_600_000 },
    { bucket: 'cache_write', tokens: 2_048, nanos_per_million: 6.25e9, cost_nanos: 12_800_000 },
    { bucket: 'output', tokens: 935, nanos_per_million: 25e9, cost_nanos: 23_375_000 },
  ],
  multiplier: 1,
  rules: [],
  cost_nanos: 56_835_000,
  cache_saved_nanos: 0,
  seller: null,
  ...over,
});

const account = (one: EventPrice) => accountOf(one, one.cost_nanos);

describe('account', () => {
  it('gives every line its cost and its share, and the lines add up to the total', () => {
    const { lines, subtotal, factors, total, unexplained } = account(price());
    expect(lines.map(({ cost }) => cost)).toEqual([60_000, 20_600_000, 12_800_000, 23_375_000]);
    expect(lines.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12);
    expect(subtotal).toBe(total);
    expect(factors).toEqual([]);
    expect(unexplained).toBe(0);
  });

  it('shows the multiplier of the price and every rule as a factor of its own', () => {
    const { subtotal, factors, unexplained } = account(
      price({ multiplier: 2, rules: [{ label: 'alias = opus', multiplier: 1.5 }], cost_nanos: 170_505_000 }),
    );
    expect(subtotal).toBe(56_835_000);
    expect(factors).toEqual([
      { label: null, multiplier: 2 },
      { label: 'alias = opus', multiplier: 1.5 },
    ]);
    expect(unexplained).toBe(0);
  });

  it('takes what rounding leaves over as explained', () => {
    const line = { bucket: 'output', tokens: 1, nanos_per_million: 500_000, cost_nanos: 0.5 } as const;
    expect(account(price({ lines: [line], cost_nanos: 1 })).unexplained).toBe(0);
  });

  it('says how much of a stored cost the lines do not explain', () => {
    expect(account(price({ cost_nanos: 60_000_000 })).unexplained).toBe(3_165_000);
  });

  it('has shares of zero when nothing costs anything', () => {
    const free = { bucket: 'output', tokens: 935, nanos_per_million: 0, cost_nanos: 0 } as const;
    expect(account(price({ lines: [free], cost_nanos: 0 })).lines[0]?.share).toBe(0);
  });
});
