import { beforeAll, expect, test } from 'vitest';
import type { ProviderKey, QuotaAccount } from '~/api/types.ts';
import { loadMessages, setLocale } from '~/i18n/index.svelte.ts';
import { addressText, entryText, modelsNote, modelsText, rankText } from './provider_key.ts';

beforeAll(async () => {
  await setLocale('en');
  await loadMessages('start', 'things');
});

const key = (changes: Partial<ProviderKey> = {}): ProviderKey => ({
  listed_in: 'openai-compatibility',
  name: '',
  prefix: '',
  base_url: '',
  key_mask: '',
  priority: null,
  weight: null,
  models: [],
  models_total: 0,
  excluded_models: [],
  ...changes,
});

test('an address is told without what all have, and says when it is not encrypted', () => {
  expect(addressText(key({ base_url: 'https://api.deepseek.com/v1' }))).toBe('api.deepseek.com/v1');
  expect(addressText(key({ base_url: 'http://gpu-1:8000/v1/' }))).toBe('http://gpu-1:8000/v1');
  expect(addressText(key())).toBe('the provider’s own');
});

test('whose an entry is, and what clients write before its models', () => {
  const account = (provider_key: ProviderKey | null): QuotaAccount =>
    ({
      credential: { id: '1', label: 'x', provider: 'claude' },
      plan: null,
      tier: null,
      provider_key,
    }) as QuotaAccount;
  expect(entryText(account(null))).toBe('claude');
  expect(entryText(account(key({ prefix: 'team', listed_in: 'claude-api-key' })))).toBe('claude · team/');
  expect(entryText(account(key({ name: 'DeepSeek' })))).toBe('OpenAI-compatible');
});

test('models are told by what clients call them, and all of them where there is no list', () => {
  const models = [
    { name: 'llama-demo', alias: 'llama' },
    { name: 'b', alias: 'b' },
  ];
  expect(modelsText(key({ models, models_total: 27 }))).toBe('llama, b');
  expect(modelsNote(key({ models, models_total: 27 }))).toBe('27 models');
  expect(modelsText(key())).toBe('all of the provider');
  expect(modelsNote(key({ excluded_models: ['*-preview'] }))).toBe('without *-preview');
});

test('a rank of zero is one, and nothing is none', () => {
  expect(rankText(key())).toBe('');
  expect(rankText(key({ priority: 0, weight: 2 }))).toBe('priority 0 · weight 2');
});
