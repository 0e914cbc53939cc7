import { describe, expect, test } from 'vitest';
import type { Metrics } from '~/api/types.ts';
import { KINDS, partOf, partsOverTime } from './kinds.ts';

const metrics = {
  input_tokens: 1000,
  cache_read_tokens: 700,
  cache_write_tokens: 100,
  output_tokens: 90,
  reasoning_tokens: 40,
  unclassified_tokens: 10,
  total_tokens: 1100,
  cost_nanos: 100,
  cost_uncached_nanos: 20,
  cost_cache_read_nanos: 7,
  cost_cache_write_nanos: 13,
  cost_output_nanos: 60,
  cost_reasoning_nanos: 25,
} as unknown as Metrics;

describe('the kinds of tokens', () => {
  test.each(['tokens', 'cost'] as const)('add up to all %s', (amount) => {
    const whole = amount === 'tokens' ? metrics.total_tokens : metrics.cost_nanos;
    expect(KINDS.reduce((sum, kind) => sum + partOf(metrics, amount, kind), 0)).toBe(whole);
  });

  test('reads and writes are no uncached input, reasoning is no other output', () => {
    expect(partOf(metrics, 'tokens', 'uncached')).toBe(210);
    expect(partOf(metrics, 'tokens', 'output')).toBe(50);
    expect(partOf(metrics, 'cost', 'output')).toBe(35);
  });

  test('an upstream that contradicts itself makes no part negative', () => {
    const odd = { ...metrics, cache_read_tokens: 5000, reasoning_tokens: 500 };
    expect(KINDS.every((kind) => partOf(odd, 'tokens', kind) >= 0)).toBe(true);
  });

  test('what is not known of a bucket stays unknown', () => {
    const columns = { total_tokens: [5, null], output_tokens: [5, null], reasoning_tokens: [2, null] };
    expect(partsOverTime(columns, 'tokens', 'output')).toEqual([3, null]);
  });
});
