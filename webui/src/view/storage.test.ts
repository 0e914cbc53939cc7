import { afterEach, expect, it, vi } from 'vitest';
import { readStored, storageKey, store } from './storage.ts';

afterEach(() => vi.unstubAllGlobals());

it('keeps what belongs to one base path apart from another', () => {
  vi.stubGlobal('document', { baseURI: 'http://host.test/' });
  expect(storageKey('colors')).toBe('keeper/colors');
  vi.stubGlobal('document', { baseURI: 'http://host.test/usage/' });
  expect(storageKey('colors')).toBe('keeper/usage/colors');
});

it('does without where storage is forbidden', () => {
  vi.stubGlobal('document', { baseURI: 'http://host.test/' });
  vi.stubGlobal('localStorage', {
    getItem: () => {
      throw new DOMException('denied');
    },
    setItem: () => {
      throw new DOMException('full');
    },
  });
  store('colors', 'x');
  expect(readStored('colors')).toBeNull();
});
