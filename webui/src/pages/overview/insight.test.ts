import { expect, test } from 'vitest';
import type { Contribution, Summary } from '~/api/types.ts';
import { insightOf } from './insight.ts';

const part = (change: number, share: number): Contribution['parts'][number] => ({
  filters: { model: 'opus', api_key: '3' },
  labels: { model: 'opus', api_key: 'team-a' },
  change,
  share,
});

const summary = (now: number, before: number, contribution: Partial<Contribution> | null): Summary =>
  ({
    metrics: { cost_nanos: now },
    compare: { from: '', to: '', metrics: { cost_nanos: before } },
    contribution: contribution && {
      metric: 'cost_nanos',
      change: now - before,
      parts: [],
      when: null,
      ...contribution,
    },
  }) as unknown as Summary;

test('the parts that made most of the change are named with what they added', () => {
  const found = insightOf(summary(412, 314, { parts: [part(71, 0.72), part(10, 0.1)] }));
  expect(found).toMatchObject({ amount: 98, partsAmount: 71, beyond: false });
  expect(found?.parts).toHaveLength(1);
  expect(found?.change).toMatchObject({ direction: 'up', tone: 'bad' });
});

test('less cost is good news', () => {
  const found = insightOf(summary(314, 412, { parts: [part(-71, 0.72)] }));
  expect(found?.change).toMatchObject({ direction: 'down', tone: 'good' });
  expect(found).toMatchObject({ amount: 98, partsAmount: 71 });
});

test('a part that added more than all did is said to have', () => {
  expect(insightOf(summary(110, 100, { parts: [part(30, 3)] }))).toMatchObject({
    beyond: true,
    partsAmount: 30,
  });
});

test('nothing is said when nothing stands out', () => {
  expect(insightOf(null)).toBeNull();
  expect(insightOf(summary(412, 314, null))).toBeNull();
  expect(insightOf(summary(412, 314, { parts: [] }))).toBeNull();
  expect(insightOf(summary(412, 314, { parts: [part(10, 0.1)] }))).toBeNull();
  expect(insightOf(summary(102, 100, { parts: [part(2, 1)] }))).toBeNull();
  expect(insightOf(summary(100, 0, { parts: [part(100, 1)] }))).toBeNull();
  expect(insightOf({ ...summary(412, 314, { parts: [part(71, 0.7)] }), compare: null })).toBeNull();
});

test('what went the other way is not named as a reason', () => {
  expect(insightOf(summary(412, 314, { parts: [part(-71, -0.7)] }))).toBeNull();
});
