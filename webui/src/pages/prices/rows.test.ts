import { describe, expect, it } from 'vitest';
import type { Prices, PriceVersion } from '~/api/types.ts';
import { inForce, isReplaced, isShown, pricedAs, rowOf, rowsOf, rulesOf } from './rows.ts';
import { columnDecimals } from './text.ts';

const NOW = Date.parse('2026-11-26T00:00:00Z');

function version(id: number, more: Partial<PriceVersion> = {}): PriceVersion {
  return {
    id: String(id),
    source: id < 1_000_000 ? 'bundled' : 'manual',
    provider: id < 1_000_000 ? 'openai' : '',
    model: 'gpt-x',
    service_tier: '',
    effective_from: null,
    rates: { input: 2, output: 10, cache_read: 0.2, cache_write: 2, cache_write_1h: null, image: null },
    context_tiers: [],
    multiplier: 1,
    hours: null,
    ends: false,
    origin: '',
    recorded_at: null,
    recorded_by: '',
    retired_at: null,
    undoes: null,
    seller: null,
    ...more,
  };
}

function prices(more: Partial<Prices>): Prices {
  return { unpriced: [], in_use: [], listed: [], edited: [], rules: [], ...more } as unknown as Prices;
}

const used = (price: PriceVersion, model = price.model, requests = 1, cost_nanos = 1) => ({
  model,
  requests,
  cost_nanos,
  matched_by: 'as_sent',
  marks: [],
  price,
});

describe('what is in force', () => {
  it('is what a person entered before the catalogue, once it has begun', () => {
    const later = version(1_000_001, { effective_from: '2026-12-01T00:00:00Z' });
    const all = [version(1), version(1_000_000), later];
    expect(inForce(all, NOW)?.id).toBe('1000000');
    expect(inForce(all, Date.parse('2026-12-02T00:00:00Z'))?.id).toBe('1000001');
    expect(inForce([version(1), later], NOW)?.id).toBe('1');
  });

  it('is the catalogue again where a person’s price ends, and of two for one moment the later entry', () => {
    const ends = version(1_000_002, { ends: true, undoes: '1000000' });
    expect(inForce([version(1), version(1_000_000), ends], NOW)?.id).toBe('1');
    expect(inForce([version(1_000_000), ends], NOW)).toBeNull();
    expect(isReplaced(version(1_000_000), [version(1_000_000), ends])).toBe(true);
    expect(isReplaced(ends, [version(1_000_000), ends])).toBe(false);
  });

  it('is no price of a tier, of some hours or of one provider', () => {
    const hours = { start: 0, end: 86_400, weekdays: [1] };
    const all = [
      version(2, { service_tier: 'flex' }),
      version(3, { hours }),
      version(1_000_000, { provider: 'codex' }),
    ];
    expect(inForce(all, NOW)).toBeNull();
  });
});

describe('rows', () => {
  it('begin with what has no price, then the dearest; sums are of all ways to charge', () => {
    const found = rowsOf(
      prices({
        unpriced: [{ model: 'own', requests: 3, total_tokens: 9, first_seen_at: '2026-11-01T00:00:00Z' }],
        in_use: [
          used(version(1), 'gpt-x', 2, 5),
          used(version(1), 'gpt-x', 1, 7),
          used(version(2, { model: 'dear' }), 'dear', 1, 90),
        ],
      }),
      NOW,
    );
    expect(found.map(({ model, requests, cost }) => [model, requests, cost])).toEqual([
      ['own', 3, null],
      ['dear', 1, 90],
      ['gpt-x', 3, 12],
    ]);
  });

  it('know the version to come and say so under Changing', () => {
    const next = version(2, { effective_from: '2026-12-01T00:00:00Z' });
    const row = rowOf(prices({ in_use: [used(version(1))], listed: [version(1), next] }), 'gpt-x', NOW);
    expect(row.next?.id).toBe('2');
    expect(isShown(row, 'changing', NOW - 1)).toBe(true);
    expect(isShown(row, 'manual', 0)).toBe(false);
  });

  it('find a price that was entered in other letters, and one that nothing uses', () => {
    const entered = version(1_000_000, { model: 'GPT-X' });
    const unused = version(1_000_001, { model: 'later' });
    const answer = prices({ in_use: [used(version(1))], edited: [unused, entered] });
    const found = rowsOf(answer, NOW);
    expect(found.map(({ model }) => model)).toEqual(['gpt-x', 'later']);
    expect(found[0]?.price?.id).toBe('1000000');
    expect(isShown(found[1] as (typeof found)[1], 'used', 0)).toBe(false);
    expect(isShown(found[1] as (typeof found)[1], 'all', 0)).toBe(true);
  });
});

it('gives every price of a column the decimals of the one that needs most', () => {
  expect(columnDecimals([3, 0.135, null, 2.5])).toBe(3);
  expect(columnDecimals([3, undefined])).toBe(2);
});

describe('rules of a model', () => {
  it('are those of the price that its dated name is found by, and of all models', () => {
    const rule = (id: string, model: string) => ({ id, model }) as Prices['rules'][number];
    const known = prices({
      in_use: [used(version(1), 'gpt-x-2026-01-01')],
      listed: [version(1)],
      rules: [rule('1', ''), rule('2', 'GPT-X'), rule('3', 'gpt-y'), rule('4', 'gpt-x-2026-01-01')],
    });
    const row = rowOf(known, 'gpt-x-2026-01-01', NOW);
    expect(pricedAs(row)).toBe('gpt-x');
    expect(rulesOf(known, row).map(({ id }) => id)).toEqual(['1', '2', '4']);
    expect(pricedAs(rowOf(known, 'unheard-of', NOW))).toBe('unheard-of');
  });
});
