import { describe, expect, it } from 'vitest';
import type { EventRow } from '~/api/types.ts';
import { cacheHit, generationMs, isTurn, outputSpeed, uncached } from './event.ts';

const event = (over: Partial<EventRow>): EventRow =>
  ({
    result: 'succeeded',
    latency_ms: 18_432,
    ttft_ms: 1_240,
    cost_marks: [],
    input_tokens: 43_260,
    cache_read_tokens: 41_200,
    cache_write_tokens: 2_048,
    output_tokens: 935,
    ...over,
  }) as EventRow;

describe('what follows from a request', () => {
  it('is uncached what was neither read from nor written to a cache', () => {
    expect(uncached(event({}))).toBe(12);
    expect(uncached(event({ input_tokens: 10 }))).toBe(0);
  });

  it('has no cache hit rate without input', () => {
    expect(cacheHit(event({}))).toBeCloseTo(0.9524, 4);
    expect(cacheHit(event({ input_tokens: 0 }))).toBeNull();
    const cost_marks: EventRow['cost_marks'] = ['upper_bound'];
    expect(cacheHit(event({ cost_marks, cache_read_tokens: 0 }))).toBeNull();
    expect(cacheHit(event({ cost_marks }))).toBeCloseTo(0.9524, 4);
  });

  it('has no generation time and no speed where the first byte was not observed', () => {
    expect(generationMs(event({}))).toBe(17_192);
    expect(generationMs(event({ ttft_ms: null }))).toBeNull();
    expect(outputSpeed(event({}))).toBeCloseTo(54.4, 1);
    expect(outputSpeed(event({ ttft_ms: null }))).toBeNull();
    expect(outputSpeed(event({ ttft_ms: 18_400 }))).toBeNull();
    expect(outputSpeed(event({ output_tokens: 0 }))).toBeNull();
    expect(outputSpeed(event({ result: 'failed' }))).toBeNull();
  });

  it('is a turn of a connection on a WebSocket, which is opened by GET', () => {
    expect(isTurn({ endpoint: 'GET /v1/responses' })).toBe(true);
    expect(isTurn({ endpoint: 'POST /v1/responses' })).toBe(false);
    expect(isTurn({ endpoint: '' })).toBe(false);
  });

  it('never has a negative generation time', () => {
    expect(generationMs(event({ ttft_ms: 20_000 }))).toBe(0);
  });
});
