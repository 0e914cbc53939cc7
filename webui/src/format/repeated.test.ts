import { afterEach, beforeEach, expect, test } from 'vitest';
import { learnZone } from '~/api/zone.svelte.ts';
import { isRepeated, offsetMark } from './repeated.ts';
import { span } from './times.ts';

beforeEach(() => learnZone('America/New_York'));
afterEach(() => learnZone('UTC'));

const at = (text: string): number => Date.parse(text);

test('the two hours of an autumn night have names of their own', () => {
  const first = span('2026-11-01T01:00:00-04:00', '2026-11-01T01:00:00-05:00');
  const second = span('2026-11-01T01:00:00-05:00', '2026-11-01T02:00:00-05:00');
  expect(first).toContain('01:00 GMT-4');
  expect(second).toContain('01:00 GMT-5');
  expect(first).not.toBe(second);
});

test('only times that clocks show twice are marked', () => {
  expect(offsetMark(at('2026-11-01T00:59:59-04:00'))).toBe('');
  expect(offsetMark(at('2026-11-01T01:30:00-04:00'))).toBe(' GMT-4');
  expect(offsetMark(at('2026-11-01T01:30:00-05:00'))).toBe(' GMT-5');
  expect(offsetMark(at('2026-11-01T02:00:00-05:00'))).toBe('');
  expect(offsetMark(at('2026-03-08T03:30:00-04:00'))).toBe('');
  expect(offsetMark(at('2026-11-20T01:30:00-05:00'))).toBe('');
});

test('half an hour repeats where clocks move by half an hour', () => {
  learnZone('Australia/Lord_Howe');
  expect(isRepeated(at('2026-04-05T01:45:00+11:00'))).toBe(true);
  expect(isRepeated(at('2026-04-05T01:45:00+10:30'))).toBe(true);
  expect(isRepeated(at('2026-04-05T01:15:00+11:00'))).toBe(false);
});
