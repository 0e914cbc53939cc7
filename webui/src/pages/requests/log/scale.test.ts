import { describe, expect, it } from 'vitest';
import type { EventRow } from '~/api/types.ts';
import { bar, fullBar } from './scale.ts';

const event = (latency_ms: number, ttft_ms: number | null = null): EventRow =>
  ({ latency_ms, ttft_ms }) as EventRow;

describe('fullBar', () => {
  it('is a round length that nine requests of ten fit into', () => {
    expect(fullBar([event(1_800), event(2_000)])).toBe(2_000);
    expect(fullBar([3, 1, 2].map((s) => event(s * 1_000)))).toBe(5_000);
    expect(fullBar([...Array.from({ length: 19 }, () => event(900)), event(600_000)])).toBe(1_000);
  });

  it('is not changed by later pages', () => {
    const first = Array.from({ length: 100 }, (_, index) => event(1_000 + index));
    expect(fullBar([...first, ...first.map(() => event(90_000))])).toBe(fullBar(first));
  });

  it('is defined when nothing was measured', () => {
    expect(fullBar([])).toBe(1);
    expect(fullBar([event(0)])).toBe(1);
  });
});

describe('bar', () => {
  it('has a part before and one after the first byte', () => {
    expect(bar(event(8_000, 2_000), 10_000)).toEqual({ first: 0.2, rest: 0.6000000000000001, cut: false });
  });

  it('is all one where the first byte was not observed', () => {
    expect(bar(event(5_000), 10_000)).toEqual({ first: 0, rest: 0.5, cut: false });
  });

  it('is cut where it is too long', () => {
    expect(bar(event(30_000, 2_500), 10_000)).toEqual({ first: 0.25, rest: 0.75, cut: true });
    expect(bar(event(30_000, 25_000), 10_000)).toEqual({ first: 1, rest: 0, cut: true });
  });
});
