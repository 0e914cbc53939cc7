import { expect, test } from 'vitest';
import { GROUPS } from '~/figures/measures.ts';
import {
  EVERY_GROUP,
  everyGroupQuestion,
  legendQuestion,
  seriesQuestion,
  widerQuestion,
} from '~/figures/questions.ts';
import { DEFAULT_VIEW, type View } from '~/view/state.ts';
import { DIMENSIONS } from '~/view/types.ts';
import {
  healthQuestion,
  insightQuestion,
  nextSort,
  sortOf,
  sortText,
  summaryQuestion,
  tableQuestion,
} from './questions.ts';

const seen = (patch: Partial<View>): View => ({ ...DEFAULT_VIEW, ...patch });
const text = (question: { path: string; params?: readonly (readonly [string, string])[] } | null): string =>
  question === null
    ? ''
    : `${question.path}?${(question.params ?? []).map((pair) => pair.join('=')).join('&')}`;
/** The chart's question on a desk. */
const ofChart = (view: View, leaders: readonly string[] | null = null) => seriesQuestion(view, 1440, leaders);

test('a first visit asks four questions: the legend asks what the table asks', () => {
  const questions = [summaryQuestion, ofChart, legendQuestion, healthQuestion].map((ask) =>
    text(ask(DEFAULT_VIEW)),
  );
  expect(questions).toContain(text(tableQuestion(DEFAULT_VIEW, false)));
  expect(new Set(questions).size).toBe(4);
});

test('every question carries range and filters', () => {
  const view = seen({
    range: { preset: '24h' },
    filters: [{ dimension: 'model', negated: true, values: ['a', 'b'] }],
  });
  for (const ask of [summaryQuestion, ofChart, legendQuestion, healthQuestion]) {
    expect(text(ask(view))).toContain('range=24h&model=!a&model=!b');
  }
});

test('what contributed is asked only when something is compared', () => {
  expect(text(summaryQuestion(DEFAULT_VIEW))).toContain('contribution=cost_nanos');
  expect(text(summaryQuestion(seen({ compare: 'none' })))).not.toContain('contribution');
});

test('latency is asked for as a whole first, with how many requests each point stands on', () => {
  const asked = text(ofChart(seen({ metric: 'latency' })));
  expect(asked).toContain('metrics=latency_p50_ms,latency_p95_ms,latency_p99_ms,succeeded');
  expect(asked).not.toContain('group_by');
  expect(text(ofChart(DEFAULT_VIEW))).toContain('metrics=cost_nanos&');
});

test('by group the slowest are drawn: which they are is asked first', () => {
  const view = seen({
    metric: 'latency',
    group: 'model',
    filters: [{ dimension: 'model', negated: true, values: ['b'] }],
  });
  expect(text(legendQuestion(view))).toContain('sort=-latency_p95_ms');
  expect(ofChart(view)).toBeNull();
  const asked = text(ofChart(view, ['a', 'c']));
  expect(asked).toContain('model=a&model=c');
  expect(asked).toContain('metrics=latency_p95_ms,succeeded&group_by=model');
  expect(text(widerQuestion(view, 'hour', ['a']))).toContain('granularity=day');
  expect(widerQuestion(view, 'month', ['a'])).toBeNull();
});

test('the chart asks for buckets that can be seen on its screen', () => {
  const week = { range: { preset: '7d' } } as const;
  expect(text(seriesQuestion(seen(week), 1440))).toContain('granularity=hour');
  expect(text(seriesQuestion(seen({ range: { preset: '90d' } }), 1440))).toContain('granularity=day');
  expect(text(seriesQuestion(seen({ range: { preset: '90d' } }), 390))).toContain('granularity=week');
  expect(text(seriesQuestion(seen({ range: { preset: 'all' } }), 1440))).toContain('granularity=auto');
});

test('the insight explains the metric that is chosen, with the question that is asked anyway for cost', () => {
  expect(text(insightQuestion(DEFAULT_VIEW))).toBe(text(summaryQuestion(DEFAULT_VIEW)));
  expect(text(insightQuestion(seen({ metric: 'tokens' })))).toContain('contribution=total_tokens');
  expect(text(insightQuestion(seen({ metric: 'errors' })))).toContain('contribution=failed');
  expect(text(insightQuestion(seen({ metric: 'latency' })))).toContain('contribution=cost_nanos');
  expect(insightQuestion(seen({ compare: 'none' }))).toBeNull();
});

test('any dimension can be grouped by and listed', () => {
  for (const dimension of DIMENSIONS) {
    expect(text(ofChart(seen({ group: dimension })))).toContain(`group_by=${dimension}`);
    expect(text(tableQuestion(seen({ tab: dimension }), false))).toContain(`by=${dimension}`);
  }
  expect([...GROUPS].sort()).toEqual([...DIMENSIONS].sort());
});

test('accounts begin with those that fail', () => {
  expect(text(tableQuestion(seen({ tab: 'credential' }), false))).toContain('sort=success_rate');
  expect(sortText('success_rate', 'credential')).toBeNull();
  expect(sortText('-cost_nanos', 'credential')).toBe('-cost_nanos');
});

test('what an address asks for and does not exist falls back to the default', () => {
  expect(text(ofChart(seen({ metric: 'beauty' })))).toBe(text(ofChart(DEFAULT_VIEW)));
  expect(text(tableQuestion(seen({ tab: 'nothing', sort: '-beauty' }), false))).toBe(
    text(tableQuestion(DEFAULT_VIEW, false)),
  );
});

test('a header sorts down first, then up', () => {
  expect(sortOf(null)).toBe('-cost_nanos');
  expect(nextSort('-cost_nanos', 'requests')).toBe('-requests');
  expect(nextSort('-requests', 'requests')).toBe('requests');
  expect(nextSort('-cost_nanos', 'success_rate')).toBe('success_rate');
  expect(nextSort('requests', 'requests')).toBe('-requests');
  expect(sortOf('requests')).toBe('requests');
});

test('a file asks for as many groups as there can be, a picture for six', () => {
  expect(text(ofChart(DEFAULT_VIEW))).toContain('top=6');
  expect(text(everyGroupQuestion(DEFAULT_VIEW, 'hour'))).toContain(`top=${EVERY_GROUP}`);
});
