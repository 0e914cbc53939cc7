import { describe, expect, it } from 'vitest';
import { pathOf, searchOf, viewOf } from './address.ts';
import { DEFAULT_VIEW, type View } from './state.ts';

const round = (view: View): View => viewOf(pathOf(view), searchOf(view));

const EVERYTHING: View = {
  ...DEFAULT_VIEW,
  page: 'requests',
  range: { from: '2026-11-20T12:00:00+08:00', to: '2026-11-20T18:00:00+08:00' },
  compare: 'week',
  filters: [
    { dimension: 'model', negated: false, values: ['claude-opus-4-6', 'gpt-5.4'] },
    { dimension: 'model', negated: true, values: ['!odd', '\\odder', '通义 & co=1?#%'] },
    { dimension: 'api_key', negated: true, values: ['3'] },
    { dimension: 'endpoint', negated: false, values: ['POST /v1/messages'] },
    { dimension: 'reasoning_effort', negated: false, values: [''] },
    { dimension: 'service_tier', negated: true, values: [''] },
  ],
  bounds: { min_cost_nanos: 1_000_000_000, max_latency_ms: 60_000 },
  q: 'rate limit “exceeded” 100 %',
  sort: '-cost_nanos',
  open: '65f3a1b2c3d4e-0123456789ab',
  columns: ['occurred_at', 'model', 'cost_nanos'],
};

const CHART: View = {
  ...DEFAULT_VIEW,
  granularity: 'minute',
  group: 'api_key',
  metric: 'total_tokens',
  tab: 'clients',
  sort: '-cost_nanos',
};

describe('an address', () => {
  it('is bare for the default view', () => {
    expect(pathOf(DEFAULT_VIEW)).toBe('');
    expect(searchOf(DEFAULT_VIEW)).toBe('');
    expect(viewOf('', '')).toEqual(DEFAULT_VIEW);
  });

  it('carries everything that makes a view', () => {
    expect(round(EVERYTHING)).toEqual(EVERYTHING);
    expect(round(CHART)).toEqual(CHART);
  });

  it.each([EVERYTHING, CHART])('carries any part of it alone', (whole) => {
    for (const name of Object.keys(whole) as (keyof View)[]) {
      const view = { ...DEFAULT_VIEW, page: whole.page, [name]: whole[name] };
      expect(round(view)).toEqual(view);
    }
  });

  it('carries nothing that its page does not declare', () => {
    expect(searchOf({ ...CHART, page: 'requests' })).toBe('sort=-cost_nanos');
    expect(viewOf('requests', 'metric=tokens')).toEqual({ ...DEFAULT_VIEW, page: 'requests' });
  });

  it('reads like the API', () => {
    expect(
      searchOf({ ...DEFAULT_VIEW, range: { preset: '24h' }, filters: EVERYTHING.filters.slice(0, 1) }),
    ).toBe('range=24h&model=claude-opus-4-6&model=gpt-5.4');
    expect(searchOf({ ...DEFAULT_VIEW, range: { from: '2026-11-18', to: '2026-11-25' } })).toBe(
      'from=2026-11-18&to=2026-11-25',
    );
  });

  it('joins repeated values and puts filters in one order, so that equal views have equal addresses', () => {
    const view = viewOf('', 'api_key=3&model=b&model=a&model=b');
    expect(view.filters).toEqual([
      { dimension: 'model', negated: false, values: ['b', 'a'] },
      { dimension: 'api_key', negated: false, values: ['3'] },
    ]);
  });

  it.each([
    'compare=never',
    'granularity=second',
    'group=moon',
    'metric=%3Cscript%3E',
    'sort=',
    'columns=,,',
    'unheard=of',
    'min_cost_nanos=-1',
    '%E0%A4%A=1',
  ])('shows what it always does where a way of looking cannot be understood: %s', (search) => {
    expect(viewOf('', search)).toEqual(DEFAULT_VIEW);
  });

  it.each([
    ['', 'range=7y', ['range=7y']],
    ['', 'from=2026-11-18', ['from=2026-11-18']],
    ['', 'from=2026-11-18&to=2026-11-18', ['from=2026-11-18', 'to=2026-11-18']],
    ['', 'from=2026-11-19&to=2026-11-18', ['from=2026-11-19', 'to=2026-11-18']],
    ['', 'from=2026-11-18&to=2026-11-19T00:00:00Z', ['from=2026-11-18', 'to=2026-11-19T00:00:00Z']],
    ['', 'from=x&to=y', ['from=x', 'to=y']],
    ['', 'range=7d&from=2026-11-18&to=2026-11-19', ['range=7d', 'from=2026-11-18', 'to=2026-11-19']],
    ['requests', 'min_cost_nanos=1e9', ['min_cost_nanos=1e9']],
  ])('says what it cannot read where figures depend on it: %s?%s', (path, search, unreadable) => {
    expect(viewOf(path, search).unreadable).toEqual(unreadable);
  });

  it('reads an offset whose + was not escaped, as the API does', () => {
    const { range, unreadable } = viewOf('', 'from=2026-11-25T10:00:00+08:00&to=2026-11-25T12:00:00+08:00');
    expect([range, unreadable]).toEqual([
      { from: '2026-11-25T10:00:00+08:00', to: '2026-11-25T12:00:00+08:00' },
      [],
    ]);
  });

  it('shows Overview for a page that does not exist', () => {
    expect(viewOf('nothing/here', '').page).toBe('overview');
    expect(viewOf('requests/', '').page).toBe('requests');
  });
});
