import { describe, expect, it } from 'vitest';
import type { Breakdown, Quota, QuotaAccount, QuotaWindow } from '~/api/types.ts';
import { remainingPart, scarcest, timePart } from '~/quota/windows.ts';
import { nextOrder, orderOf, orderText, rowsOf, sumOf } from './rows.ts';

const NOW = Date.parse('2026-11-26T15:38:00+08:00');

function window(key: string, changes: Partial<QuotaWindow> = {}): QuotaWindow {
  return {
    key,
    label: key,
    scope: 'window',
    length_seconds: 18_000,
    model_group: null,
    used_percent: 69,
    remaining_percent: 31,
    used: null,
    limit: null,
    remaining: null,
    unit: null,
    limit_reached: false,
    starts_at: '2026-11-26T13:10:00+08:00',
    resets_at: '2026-11-26T18:10:00+08:00',
    boundary: 'scheduled',
    observed_at: '2026-11-26T15:37:20+08:00',
    source: 'headers',
    passive: true,
    stale: false,
    outlook: 'lasts',
    empty_at: null,
    confidence: null,
    percent_per_hour: null,
    usage: null,
    per_percent: null,
    ...changes,
  };
}

function account(id: string, changes: Partial<QuotaAccount> = {}): QuotaAccount {
  return {
    credential: { id, label: `${id}@atlas.example`, provider: 'claude' },
    kind: 'account',
    plan: 'max',
    tier: null,
    credits: null,
    reset_credits: null,
    reset_credits_expire_at: null,
    state: 'serving',
    needs_attention: false,
    attention_order: Number(id),
    since: null,
    until: null,
    trouble: null,
    window: null,
    model_group: null,
    last_used_at: null,
    disabled: null,
    provider_key: null,
    lookup: { supported: true, good_at: null, tried_at: null, refreshing: null, trouble: null },
    windows: [],
    ...changes,
  };
}

const quota = (accounts: QuotaAccount[]): Quota => ({
  accounts,
  pools: [],
  needs_attention: accounts.filter((one) => one.needs_attention).length,
  refresh: null,
  auto_refresh: { enabled: false, interval_seconds: 300 },
  as_of: '',
  revision: '',
});

const division = (requests: Record<string, number>): Breakdown =>
  ({
    rows: Object.entries(requests).map(([id, count]) => ({
      group: { id, label: id },
      metrics: { requests: count, failed: 1, cost_nanos: count * 1e9, unpriced_requests: 0, success_rate: 1 },
      compare: null,
    })),
  }) as unknown as Breakdown;

const ALL = { kind: 'account', needed: false, order: 'attention', only: [] } as const;
const ids = (rows: readonly { id: string }[]): string[] => rows.map(({ id }) => id);

describe('the scarcest window of a length', () => {
  it('is one that blocks, then one that runs dry, then the one with the least left', () => {
    const lasting = window('lasts', { remaining_percent: 5 });
    const dry = window('dry', { outlook: 'runs_dry', remaining_percent: 40 });
    const blocked = window('blocked', { outlook: 'blocked', remaining_percent: 50 });
    const full = window('full', { remaining_percent: 90 });
    expect(scarcest(account('1', { windows: [full, lasting] }), 'short')?.key).toBe('lasts');
    expect(scarcest(account('1', { windows: [full, lasting, dry] }), 'short')?.key).toBe('dry');
    expect(scarcest(account('1', { windows: [full, dry, blocked] }), 'short')?.key).toBe('blocked');
  });

  it('is told by its length, not by its name; what has none is long', () => {
    const windows = [
      window('week', { length_seconds: 604_800 }),
      window('billing', { length_seconds: null }),
    ];
    expect(scarcest(account('1', { windows }), 'short')).toBeNull();
    expect(scarcest(account('1', { windows }), 'long')?.key).toBe('week');
  });

  it('is none where nothing is known of what remains', () => {
    const unknown = window('x', { remaining_percent: null });
    expect(scarcest(account('1', { windows: [unknown] }), 'short')).toBeNull();
    expect(remainingPart(window('x', { remaining_percent: null, limit: 200, remaining: 50 }))).toBe(0.25);
  });
});

it('the tick is the time that is left, and an old reading has none', () => {
  expect(timePart(window('x'), NOW)).toBeCloseTo(152 / 300, 3);
  expect(timePart(window('x', { stale: true }), NOW)).toBeNull();
  expect(timePart(window('x', { resets_at: '2026-11-26T15:00:00+08:00' }), NOW)).toBe(0);
  expect(timePart(window('x', { outlook: 'unstarted' }), NOW)).toBeNull();
});

describe('rows', () => {
  const some = quota([
    account('2', { needs_attention: true }),
    account('0', { needs_attention: true }),
    account('1'),
    account('9', { kind: 'provider_key', needs_attention: true }),
  ]);

  it('begin with the most urgent, and stay within their tab', () => {
    expect(ids(rowsOf(some, null, ALL))).toEqual(['0', '1', '2']);
    expect(ids(rowsOf(some, null, { ...ALL, kind: 'provider_key' }))).toEqual(['9']);
  });

  it('are those that need attention, or those that the page is filtered to', () => {
    expect(ids(rowsOf(some, null, { ...ALL, needed: true }))).toEqual(['0', '2']);
    expect(ids(rowsOf(some, null, { ...ALL, only: ['1'] }))).toEqual(['1']);
  });

  it('sort by a figure, what was not used last whichever way', () => {
    const figures = division({ '0': 5, '2': 9 });
    expect(ids(rowsOf(some, figures, { ...ALL, order: '-requests' }))).toEqual(['2', '0', '1']);
    expect(ids(rowsOf(some, figures, { ...ALL, order: 'requests' }))).toEqual(['0', '2', '1']);
    expect(sumOf(rowsOf(some, figures, ALL))).toEqual({ requests: 14, failed: 2, cost: 14e9 });
  });

  it('keep their order in the address', () => {
    expect(orderOf(null)).toBe('attention');
    expect(orderOf('-nonsense')).toBe('attention');
    expect(orderText(orderOf('-cost_nanos'))).toBe('-cost_nanos');
    expect(orderText('attention')).toBeNull();
    expect(nextOrder('attention', 'success_rate')).toBe('success_rate');
    expect(nextOrder('-requests', 'requests')).toBe('requests');
  });
});
