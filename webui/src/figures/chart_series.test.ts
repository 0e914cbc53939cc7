import { expect, test } from 'vitest';
import type { Breakdown, Metrics, Timeseries } from '~/api/types.ts';
import {
  begunOf,
  bucketRange,
  chartSeries,
  ghostOf,
  groupIdOf,
  isolated,
  toggledOff,
} from './chart_series.ts';
import { measures } from './measures.ts';

const answer = {
  selection: {
    from: '2026-11-18T09:30:00+08:00',
    to: '2026-11-18T12:00:00+08:00',
    elapsed_seconds: 4_000,
    zone: 'Asia/Shanghai',
    filters: {},
  },
  granularity: 'hour',
  buckets: ['2026-11-18T09:00:00+08:00', '2026-11-18T10:00:00+08:00', '2026-11-18T11:00:00+08:00'],
  partial: [0, 1],
  series: [
    { group: { id: 'a', label: 'A' }, metrics: { cost_nanos: [1, 2, 0], latency_p95_ms: [5, null, null] } },
    { group: null, metrics: { cost_nanos: [3, 4, 0], latency_p95_ms: [7, 8, null] } },
  ],
  compare: { from: '', to: '', buckets: [], metrics: { cost_nanos: [9, 9, null, 9] } },
} as unknown as Timeseries;

const whole = {
  rows: [
    {
      group: { id: 'a', label: 'A' },
      metrics: { cost_nanos: 3, unpriced_requests: 0, latency_ms: { p95: 6 } } as Metrics,
      compare: { cost_nanos: 2, unpriced_requests: 0, latency_ms: { p95: 4 } } as Metrics,
    },
  ],
  total: { cost_nanos: 10, unpriced_requests: 0 },
} as unknown as Breakdown;

const dress = {
  color: (id: string | null) => id ?? 'grey',
  label: (_: string, label: string) => label,
  other: '5 others',
};

test('groups become series in their order, and the rest is grey', () => {
  const series = chartSeries(answer, measures.cost, whole, dress);
  expect(series.map(({ id, label, color }) => [id, label, color])).toEqual([
    ['=a', 'A', 'a'],
    ['other', '5 others', 'grey'],
  ]);
  expect(series.map(({ id }) => groupIdOf(id))).toEqual(['a', null]);
});

test('the rest costs an unknown sum, and not nothing, when nothing in it has a price', () => {
  const rest = (cost_nanos: number, unpriced_requests: number) => {
    const known = { ...whole, total: { cost_nanos, unpriced_requests } } as unknown as Breakdown;
    return chartSeries(answer, measures.cost, known, dress)[1];
  };
  expect(rest(3, 4)).toHaveProperty('whole', null);
  expect(rest(3, 0)).not.toHaveProperty('whole');
  expect(rest(10, 4)).not.toHaveProperty('whole');
});

test('a group that is called "other" is not the rest', () => {
  const named = {
    ...answer,
    series: [
      { group: { id: 'other', label: 'other' }, metrics: {} },
      { group: null, metrics: {} },
    ],
  };
  const ids = chartSeries(named as unknown as Timeseries, measures.cost, null, dress).map(({ id }) => id);
  expect(new Set(ids).size).toBe(2);
});

test('a percentile of the whole period is never added up from buckets', () => {
  const [a, other] = chartSeries(answer, measures.latency, whole, dress);
  expect([a?.whole, a?.previousWhole]).toEqual([6, 4]);
  expect(other?.whole).toBeNull();
  expect(chartSeries(answer, measures.latency, null, dress)[0]?.whole).toBeNull();
});

test('the ghost never has more buckets than the chart', () => {
  expect(ghostOf(answer, measures.cost, null)).toEqual([9, 9, null]);
  expect(ghostOf({ ...answer, compare: null }, measures.cost, null)).toBeNull();
});

test('hours that are still to come have not begun', () => {
  // 09:30 and 4,000 s: it is 10:36.
  expect(begunOf(answer)).toBe(2);
  expect(begunOf({ ...answer, selection: { ...answer.selection, elapsed_seconds: 9_000 } })).toBe(3);
});

test('a bucket at the edge leads to the part of it that is in the selection', () => {
  expect(bucketRange(answer, 0, 0)).toEqual({
    from: '2026-11-18T09:30:00+08:00',
    to: '2026-11-18T10:00:00+08:00',
  });
  expect(bucketRange(answer, 1, 2)).toEqual({
    from: '2026-11-18T10:00:00+08:00',
    to: '2026-11-18T12:00:00+08:00',
  });
});

test('isolating shows one alone, again all', () => {
  const all = ['a', 'b', 'c'];
  expect(isolated(all, new Set(), 'b')).toEqual(['a', 'c']);
  expect(isolated(all, new Set(['a', 'c']), 'b')).toEqual([]);
  expect(isolated(all, new Set(['a', 'c']), 'a')).toEqual(['b', 'c']);
});

test('the last series that shows cannot be hidden', () => {
  const all = ['a', 'b'];
  expect(toggledOff(all, new Set(), 'a')).toEqual(['a']);
  expect(toggledOff(all, new Set(['a']), 'a')).toEqual([]);
  expect(toggledOff(all, new Set(['a']), 'b')).toEqual([]);
});
