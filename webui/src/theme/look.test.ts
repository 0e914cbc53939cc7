import { describe, expect, it } from 'vitest';
import { lookOf } from './look.svelte.ts';

const PLAIN = { theme: 'system', density: 'comfortable', language: null, range: null };

describe('the kept look', () => {
  it('is read as it was written', () => {
    const look = { theme: 'dark', density: 'compact', language: 'zh-TW', range: '24h' };
    expect(lookOf(JSON.stringify(look))).toEqual(look);
  });

  it.each([
    null,
    '',
    'null',
    '[]',
    '{{',
    '"dark"',
    '{"theme":"pink","density":1,"language":"fr","range":"7y"}',
  ])('is plain where it is not one: %s', (text) => {
    expect(lookOf(text)).toEqual(PLAIN);
  });
});
