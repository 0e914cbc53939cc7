import { expect, test } from 'vitest';
import { DEFAULT_VIEW, type View } from '~/view/types.ts';
import {
  healthQuestion,
  legendQuestion,
  nextSort,
  seriesQuestion,
  sortOf,
  summaryQuestion,
  tableQuestion,
} from './questions.ts';

const seen = (patch: Partial<View>): View => ({ ...DEFAULT_VIEW, ...patch });
const text = (question: { path: string; params?: readonly (readonly [string, string])[] }): string =>
  `${question.path}?${(question.params ?? []).map((pair) => pair.join('=')).join('&')}`;

test('a first visit asks four questions: the legend asks what the table asks', () => {
  const questions = [summaryQuestion, seriesQuestion, legendQuestion, healthQuestion].map((ask) =>
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
  for (const ask of [summaryQuestion, seriesQuestion, legendQuestion, healthQuestion]) {
    expect(text(ask(view))).toContain('range=24h&model=!a&model=!b');
  }
});

test('what contributed is asked only when something is compared', () => {
  expect(text(summaryQuestion(DEFAULT_VIEW))).toContain('contribution=cost_nanos');
  expect(text(summaryQuestion(seen({ compare: 'none' })))).not.toContain('contribution');
});

test('the busiest groups are drawn for latency, not the slowest', () => {
  expect(text(seriesQuestion(seen({ metric: 'latency' })))).toContain('metrics=requests,latency_p95_ms');
  expect(text(seriesQuestion(DEFAULT_VIEW))).toContain('metrics=cost_nanos&');
});

test('what an address asks for and does not exist falls back to the default', () => {
  expect(text(seriesQuestion(seen({ metric: 'beauty', group: 'status' })))).toBe(
    text(seriesQuestion(DEFAULT_VIEW)),
  );
  expect(text(tableQuestion(seen({ tab: 'nothing', sort: '-beauty' }), false))).toBe(
    text(tableQuestion(DEFAULT_VIEW, false)),
  );
});

test('a header sorts down first, then up', () => {
  expect(sortOf(null)).toBe('-cost_nanos');
  expect(nextSort('-cost_nanos', 'requests')).toBe('-requests');
  expect(nextSort('-requests', 'requests')).toBe('requests');
  expect(nextSort('requests', 'requests')).toBe('-requests');
  expect(sortOf('requests')).toBe('requests');
});
