import { expect, it } from 'vitest';
import type { ErrorGroup, Errors, Timeseries } from '~/api/types.ts';
import type { Filter } from '~/view/types.ts';
import {
  asksForCancelled,
  chartFilters,
  failingDays,
  faultOf,
  filtersOf,
  groupKey,
  isShown,
  listed,
} from './groups.ts';

const group = (error_class: string, status_code: number, state: 'now' | 'stopped' = 'stopped'): ErrorGroup =>
  ({ error_class, status_code, state, credential: { id: '6', label: 'team@' } }) as ErrorGroup;
const is = (dimension: Filter['dimension'], ...values: string[]): Filter => ({
  dimension,
  negated: false,
  values,
});
const isNot = (dimension: Filter['dimension'], ...values: string[]): Filter => ({
  dimension,
  negated: true,
  values,
});

it('what clients hung up on is listed only where it is asked for', () => {
  const answer = { groups: [group('cancelled', 499), group('network', 500)] } as unknown as Errors;
  expect(listed(answer, false).map(groupKey)).toEqual(['network:500:6']);
  expect(listed(answer, true)).toHaveLength(2);
  expect(asksForCancelled([is('error_class', 'network', 'cancelled')])).toBe(true);
  expect(asksForCancelled([is('status', '499')])).toBe(true);
  expect(asksForCancelled([isNot('error_class', 'cancelled'), is('status', '500')])).toBe(false);
});

it('the chart leaves out what the list leaves out', () => {
  expect(chartFilters([])).toEqual([isNot('error_class', 'cancelled')]);
  expect(chartFilters([isNot('error_class', 'network')])).toEqual([
    isNot('error_class', 'network', 'cancelled'),
  ]);
  expect(chartFilters([is('error_class', 'cancelled')])).toEqual([is('error_class', 'cancelled')]);
});

it('the requests of a group are those of its class, status and account, under the filters of the page', () => {
  const filters = [
    is('model', 'a'),
    is('credential', '1', '6'),
    isNot('status', '500'),
    is('result', 'failed'),
  ];
  expect(filtersOf(filters, group('rate_limited', 429))).toEqual([
    is('model', 'a'),
    is('credential', '6'),
    is('status', '429'),
    is('error_class', 'rate_limited'),
  ]);
});

it('a list of those that fail now has no others', () => {
  expect(isShown(group('network', 500, 'now'), 'now')).toBe(true);
  expect(isShown(group('network', 500, 'now'), 'stopped')).toBe(false);
  expect(isShown(group('network', 500), 'all')).toBe(true);
});

it('says whose doing it is, of classes that we know', () => {
  expect(faultOf(group('unauthorized', 401))).toBe('account');
  expect(faultOf(group('server_error', 500))).toBe('provider');
  expect(faultOf(group('a class of tomorrow', 500))).toBe('unknown');
});

it('days with failures are listed newest first, cut at the ends of the range', () => {
  const answer = {
    selection: { from: '2026-11-24T15:00:00+08:00', to: '2026-11-27T15:00:00+08:00' },
    buckets: [
      '2026-11-24T00:00:00+08:00',
      '2026-11-25T00:00:00+08:00',
      '2026-11-26T00:00:00+08:00',
      '2026-11-27T00:00:00+08:00',
    ],
    series: [{ metrics: { failed: [2, null, 0, 5] } }],
  } as unknown as Timeseries;
  expect(failingDays(answer)).toEqual([
    { from: '2026-11-27T00:00:00+08:00', to: '2026-11-27T15:00:00+08:00', count: 5 },
    { from: '2026-11-24T15:00:00+08:00', to: '2026-11-25T00:00:00+08:00', count: 2 },
  ]);
});
