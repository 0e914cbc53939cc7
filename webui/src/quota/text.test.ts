import { beforeAll, describe, expect, it } from 'vitest';
import type { QuotaAccount, QuotaWindow } from '~/api/types.ts';
import { loadMessages, setLocale } from '~/i18n/index.svelte.ts';
import { countdown, planText, providerName, remainingText, stateText, when, windowName } from './text.ts';

beforeAll(async () => {
  await setLocale('en');
  await loadMessages('start', 'things');
});

const NOW = Date.parse('2026-11-26T07:38:00Z');
const MINUTE = 60_000;
const at = (minutes: number): string => new Date(NOW + minutes * MINUTE).toISOString();

const window = {
  key: 'five_hour',
  label: 'Limit 1',
  length_seconds: 18_000,
  model_group: null,
  remaining_percent: 31,
  remaining: null,
  unit: null,
  resets_at: at(152),
  empty_at: at(62),
} as QuotaWindow;

const account = (changes: Partial<QuotaAccount>): QuotaAccount =>
  ({
    credential: { id: '1', label: 'mina@atlas.example', provider: 'claude' },
    plan: null,
    tier: null,
    credits: null,
    reset_credits: null,
    reset_credits_expire_at: null,
    state: 'serving',
    since: null,
    until: null,
    trouble: null,
    window: null,
    model_group: null,
    last_used_at: at(-0.2),
    disabled: null,
    lookup: { supported: true, good_at: null, tried_at: null, refreshing: null, trouble: null },
    windows: [window],
    ...changes,
  }) as QuotaAccount;

describe('the state of an account', () => {
  it('that runs dry says when, and how long before its reset', () => {
    const told = stateText(account({ state: 'runs_dry', window: 'five_hour' }), NOW);
    expect(told).toEqual({
      tone: 'warn',
      first: `Runs dry at ${when(at(62), NOW)}`,
      second: '1 h 30 min before its reset',
    });
  });

  it('that is refused says by what, how often, and until when', () => {
    const trouble = {
      code: 'rate_limited',
      status_code: 429,
      requests: 85,
      in_a_row: true,
      first_at: at(-26),
      last_at: at(-2),
    };
    const told = stateText(account({ state: 'limited', trouble, since: at(-26), until: at(64) }), NOW);
    expect(told.tone).toBe('bad');
    expect(told.first).toBe('429 Rate limited, 85 in a row');
    const between = stateText(account({ state: 'failing', trouble: { ...trouble, in_a_row: false } }), NOW);
    expect(between.first).toBe('429 Rate limited ×85');
    expect(told.second).toBe(`until ${when(at(64), NOW)} · 2 min ago`);
  });

  it('that was disabled until its reset says when it is back', () => {
    const disabled = { at: at(-10), by_us: true, restore_at: at(90) };
    const told = stateText(account({ state: 'disabled', disabled }), NOW);
    expect(told.second).toBe(`enabled again at ${when(at(90), NOW)}`);
  });

  it('that serves says when, and why nothing could be looked up', () => {
    const trouble = {
      code: 'timeout',
      status_code: null,
      message: '',
      detail: null,
      at: at(-1),
      retry_at: null,
    } as const;
    const lookup = { supported: true, good_at: at(-41), tried_at: at(-1), refreshing: null, trouble };
    const told = stateText(account({ lookup }), NOW);
    expect(told).toEqual({
      tone: 'good',
      first: 'Used 12 s ago',
      second: 'The look-up timed out; last read 41 min ago',
    });
    expect(stateText(account({ reset_credits: 1 }), NOW).second).toBe('1 reset credit');
    const until = '2026-12-03T08:00:00+08:00';
    expect(stateText(account({ reset_credits: 2, reset_credits_expire_at: until }), NOW).second).toBe(
      '2 reset credits, the first until 3 Dec',
    );
  });
});

it('windows are called by their length, else as the provider does', () => {
  expect(windowName(window)).toBe('5 h');
  expect(windowName({ ...window, length_seconds: 604_800, model_group: 'Sonnet' })).toBe('Sonnet · Week');
  expect(windowName({ ...window, length_seconds: null })).toBe('Limit 1');
});

it('what remains is in the measure of the provider', () => {
  expect(remainingText(window)).toBe('31%');
  expect(remainingText({ ...window, remaining_percent: null, remaining: 300, unit: 'usd_cents' })).toBe(
    '$3.00',
  );
  expect(remainingText({ ...window, remaining_percent: null, remaining: 1340, unit: 'requests' })).toBe(
    '1,340',
  );
  expect(remainingText({ ...window, remaining_percent: null })).toBe('–');
});

it('time left is told to the minute', () => {
  expect(countdown(34 * MINUTE + 57_000)).toBe('35 min');
  expect(countdown(251 * MINUTE)).toBe('4 h 11 min');
  expect(countdown(-5_000)).toBe('1 min');
});

it('providers and plans are written as people know them', () => {
  expect(providerName('xai')).toBe('xAI');
  expect(providerName('claude')).toBe('Claude');
  expect(planText(account({ plan: 'pro-20x' }))).toBe('claude · Pro 20x');
});
