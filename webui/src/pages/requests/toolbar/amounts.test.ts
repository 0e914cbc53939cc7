import { describe, expect, it } from 'vitest';
import { msOf, msText, nanosOf, nanosText } from './amounts.ts';

describe('nanosOf', () => {
  it.each([
    ['0.05', 50_000_000],
    ['$0.05', 50_000_000],
    ['5c', 50_000_000],
    ['0,05', 50_000_000],
    ['.5', 500_000_000],
    ['1,200', 1_200_000_000_000],
    ['０．０５', 50_000_000],
    ['0', 0],
    ['0.000000001', 1],
  ])('reads %s', (text, nanos) => expect(nanosOf(text)).toBe(nanos));

  it('tells nothing typed from nonsense', () => {
    expect(nanosOf('  ')).toBeUndefined();
    for (const text of ['abc', '-1', '1e9', '0.1.2', '1000001']) expect(nanosOf(text)).toBeNull();
  });
});

describe('msOf', () => {
  it.each([
    ['10', 10_000],
    ['10s', 10_000],
    ['0.5', 500],
    ['500 ms', 500],
    ['2m', 120_000],
    ['2 min', 120_000],
    ['1m 30s', 90_000],
    ['1h', 3_600_000],
  ])('reads %s', (text, ms) => expect(msOf(text)).toBe(ms));

  it('tells nothing typed from nonsense', () => {
    expect(msOf('')).toBeUndefined();
    for (const text of ['fast', '10 parsecs', '10s?', '-3', '25h']) expect(msOf(text)).toBeNull();
  });
});

describe('texts', () => {
  it('are read back as what they were written from', () => {
    for (const nanos of [0, 1, 4_200, 50_000_000, 1_500_000_000, 1e15])
      expect(nanosOf(nanosText(nanos))).toBe(nanos);
    for (const ms of [0, 1, 999, 1_000, 1_500, 60_000, 90_000, 3_600_000]) expect(msOf(msText(ms))).toBe(ms);
  });

  it('are empty for no limit', () => {
    expect(nanosText(undefined)).toBe('');
    expect(msText(undefined)).toBe('');
  });
});
