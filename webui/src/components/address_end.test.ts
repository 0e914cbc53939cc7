import { expect, test } from 'vitest';
import { addressEnd } from './address_end.ts';

test.each([
  ['mina@example.com', 0],
  ['mina.okafor@atlas.example', 11],
  ['finance-automation@x.io', 5],
  ['sk-atlas-0123456789…5529', 0],
  ['Helpdesk bot @ night shift', 0],
  ['@anthropic-proxy-of-somebody', 0],
])('of %s the last %i characters stay', (name, end) => {
  expect(addressEnd(name)).toBe(end);
});
