import { expect, test } from 'vitest';
import type { BreakdownRow, Metrics } from '~/api/types.ts';
import { exactFigure, figure, moved, shareOf } from './columns.ts';
import { SORTS } from './questions.ts';

const metrics = (over: Partial<Metrics> = {}): Metrics =>
  ({
    requests: 12_031,
    total_tokens: 402_000_123,
    cache_hit_rate: 0.9446,
    success_rate: 0.98946,
    latency_ms: { p50: 7_000 },
    cost_nanos: 281_100_000_000,
    unpriced_requests: 0,
    ...over,
  }) as Metrics;

const UNPRICED = metrics({ cost_nanos: 0, unpriced_requests: 3 });

test('each figure is written as its column has it', () => {
  const row = SORTS.map((column) => figure(column, metrics()));
  expect(row).toEqual(['12,031', '402M', '94.5%', '98.9%', '7.0 s', '$281.10']);
  expect(figure('cost_nanos', UNPRICED)).toBe('–');
});

test('what is shortened is there to the last digit, too', () => {
  expect(exactFigure('total_tokens', metrics())).toBe('402,000,123');
  expect(exactFigure('cost_nanos', metrics())).toBe('$281.10');
  expect(exactFigure('requests', metrics())).toBeUndefined();
});

test('a change is good, bad or neither by what it is a change of', () => {
  const now = metrics({
    cache_hit_rate: 0.9,
    cost_nanos: 2e9,
    requests: 20,
    latency_ms: { p50: 1_000 } as never,
  });
  const then = metrics({
    cache_hit_rate: 0.8,
    cost_nanos: 1e9,
    requests: 10,
    latency_ms: { p50: 2_000 } as never,
  });
  const tones = (['cache_hit_rate', 'cost_nanos', 'requests', 'latency_p50_ms'] as const).map(
    (column) => moved(column, now, then)?.tone,
  );
  expect(tones).toEqual(['good', 'bad', 'neutral', 'good']);
  expect(moved('requests', now, null)).toBeNull();
});

test('a share is of what the table is sorted by where that adds up, else of the cost, if that is known', () => {
  const row = (of: Metrics): BreakdownRow =>
    ({
      metrics: of,
      share: { requests: 0.1, total_tokens: 0.2, cost_nanos: 0.3 },
    }) as unknown as BreakdownRow;
  const shares = SORTS.map((column) => shareOf(column, row(metrics())));
  expect(shares).toEqual([0.1, 0.2, 0.3, 0.3, 0.3, 0.3]);
  expect([shareOf('cost_nanos', row(UNPRICED)), shareOf('requests', row(UNPRICED))]).toEqual([null, 0.1]);
});
