import { expect, test } from 'vitest';
import type { Breakdown, Timeseries } from '~/api/types.ts';
import { isThin, slowest, widened } from './latency.ts';

const times = (step: number, count: number): string[] =>
  Array.from({ length: count }, (_, bucket) =>
    new Date(Date.UTC(2026, 10, 20) + bucket * step).toISOString(),
  );

const answer = (step: number, values: (number | null)[], counts: number[]): Timeseries =>
  ({
    selection: { from: '2026-11-20T00:00:00Z', to: '2026-12-20T00:00:00Z', elapsed_seconds: 1e7 },
    buckets: times(step, values.length),
    series: [{ group: { id: 'a', label: 'a' }, metrics: { latency_p95_ms: values, succeeded: counts } }],
  }) as unknown as Timeseries;

const HOUR = 3_600_000;
const METRIC = 'latency_p95_ms';

test('a point needs twenty requests, else its bucket widens', () => {
  const fine = answer(HOUR, [100, 200, 300, 400], [30, 3, 25, 40]);
  const coarse = answer(2 * HOUR, [150, 350], [33, 65]);
  expect(isThin(fine)).toBe(true);
  expect(widened(fine, coarse, 'a', METRIC, 999)).toEqual([150, 150, 300, 400]);
});

test('where the wider bucket is thin as well, the whole period speaks', () => {
  const fine = answer(HOUR, [100, 200, 300, 400], [1, 3, 25, 40]);
  expect(widened(fine, answer(2 * HOUR, [150, 350], [4, 65]), 'a', METRIC, 999)).toEqual([
    999, 999, 300, 400,
  ]);
  expect(widened(fine, answer(2 * HOUR, [150, 350], [4, 65]), 'a', METRIC, null)).toEqual([
    null,
    null,
    300,
    400,
  ]);
});

test('an hour without requests is a gap and widens nothing', () => {
  const fine = answer(HOUR, [100, null, 300, 400], [30, 0, 25, 40]);
  expect(isThin(fine)).toBe(false);
  expect(widened(fine, null, 'a', METRIC, 999)).toEqual([100, null, 300, 400]);
});

test('until the wider buckets are there, thin points are not drawn', () => {
  expect(widened(answer(HOUR, [100, 200], [30, 3]), null, 'a', METRIC, 999)).toEqual([100, null]);
});

test('the slowest are those with requests enough to tell', () => {
  const row = (id: string, p95: number | null, succeeded: number) => ({
    group: { id, label: id },
    metrics: { succeeded, latency_ms: { p50: 1, p95, p99: p95 } },
  });
  const groups = {
    rows: [row('rare', 90_000, 3), row('slow', 60_000, 20), row('quick', 900, 4_000), row('none', null, 40)],
  };
  expect(slowest(groups as unknown as Breakdown, 6)).toEqual(['slow', 'quick']);
  expect(slowest(groups as unknown as Breakdown, 1)).toEqual(['slow']);
});
