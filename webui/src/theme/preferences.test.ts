import { describe, expect, it } from 'vitest';
import { preferencesOf } from './preferences.svelte.ts';

const DEFAULTS = { theme: 'system', density: null, language: null, range: null };

describe('kept preferences', () => {
  it('are read as they were written', () => {
    const kept = { theme: 'dark', density: 'compact', language: 'zh-TW', range: '24h' };
    expect(preferencesOf(JSON.stringify(kept))).toEqual(kept);
  });

  it.each([
    null,
    '',
    'null',
    '[]',
    '{{',
    '"dark"',
    '{"theme":"pink","density":1,"language":"fr","range":"7y"}',
  ])('are the defaults where they are none: %s', (text) => {
    expect(preferencesOf(text)).toEqual(DEFAULTS);
  });
});
