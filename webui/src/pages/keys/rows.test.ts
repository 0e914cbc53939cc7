import { expect, it } from 'vitest';
import type { ApiKey, Breakdown, BreakdownRow, Metrics } from '~/api/types.ts';
import { leadOf, nextSort, rowsOf, sortOf, sortText } from './rows.ts';

const cost = (nanos: number): Metrics => ({ cost_nanos: nanos, unpriced_requests: 0 }) as Metrics;

function row(id: string, now: number, before: number | null, total = 100): BreakdownRow {
  return {
    group: { id, label: `name of ${id}` },
    groups: [{ id, label: `name of ${id}` }],
    metrics: cost(now),
    compare: before === null ? null : cost(before),
    share: { cost_nanos: now / total },
  } as unknown as BreakdownRow;
}

function division(rows: BreakdownRow[], total: number, before: number | null): Breakdown {
  const compare = before === null ? null : { metrics: cost(before) };
  return { rows, total: cost(total), compare } as unknown as Breakdown;
}

const key = (id: string, more: Partial<ApiKey> = {}): ApiKey =>
  ({ id, label: null, mask: `sk-…${id}`, listing: 'listed', last_used_on: null, ...more }) as ApiKey;

it('keys that were not used stand behind those that were, the last used first', () => {
  const rows = rowsOf(
    division([row('2', 60, 50), row('1', 40, 90)], 100, 140),
    [
      key('1', { label: 'bot' }),
      key('2'),
      key('3', { last_used_on: '2026-10-01', listing: 'removed' }),
      key('4'),
      key('5', { last_used_on: '2026-11-01' }),
    ],
    null,
    false,
  );
  expect(rows.map(({ id }) => id)).toEqual(['2', '1', '5', '3', '4']);
  expect(rows[1]).toMatchObject({ isNamed: true, mask: 'sk-…1', removed: false });
  expect(rows[3]).toMatchObject({ figures: null, removed: true, name: 'sk-…3' });
});

it('a filter leaves only keys that have what it leaves', () => {
  expect(rowsOf(division([row('2', 1, 1)], 1, 1), [key('1'), key('2')], null, true)).toHaveLength(1);
});

it('names the models of each key, most requests first', () => {
  const pair = (id: string, model: string): BreakdownRow =>
    ({
      groups: [
        { id, label: id },
        { id: model, label: model },
      ],
    }) as unknown as BreakdownRow;
  const pairs = { rows: [pair('1', 'b'), pair('2', 'c'), pair('1', 'a')] } as unknown as Breakdown;
  const rows = rowsOf(division([row('1', 1, 1), row('2', 1, 1)], 2, 2), [], pairs, false);
  expect(rows.map(({ models }) => models)).toEqual([['b', 'a'], ['c']]);
});

it('the sentence names whose cost moved most the way the whole did, and who makes most of it', () => {
  const lead = leadOf(division([row('1', 70, 30), row('2', 30, 50)], 100, 80));
  expect(lead?.change).toMatchObject({ direction: 'up', tone: 'bad' });
  expect(lead?.mover).toMatchObject({ by: 40, row: { group: { id: '1' } } });
  expect(lead?.first).toMatchObject({ share: 0.7, row: { group: { id: '1' } } });
});

it('says nothing of movers where nothing is compared, and nothing at all without cost', () => {
  expect(leadOf(division([row('1', 10, null)], 100, null))).toEqual({
    change: null,
    mover: null,
    first: null,
  });
  expect(leadOf(division([row('1', 10, 0)], 10, 0))?.mover).toBeNull();
  expect(leadOf(division([], 0, 0))).toBeNull();
});

it('sorts by what there is, first by cost; a click again turns round', () => {
  expect(sortOf(null)).toBe('-cost_nanos');
  expect(sortOf('-latency_p50_ms')).toBe('-cost_nanos');
  expect(sortText('-cost_nanos')).toBeNull();
  expect(nextSort('-cost_nanos', 'success_rate')).toBe('success_rate');
  expect(nextSort('-requests', 'requests')).toBe('requests');
});
