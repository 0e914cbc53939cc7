import { expect, test } from 'vitest';
import { type Collection, marksOf, segmentsOf } from './loss.ts';

const NOW = Date.parse('2026-11-26T12:00:00Z');
const days = (count: number): string => new Date(NOW - count * 86_400_000).toISOString();

const collection = (changes: Partial<Collection> = {}): Collection => ({
  days: 30,
  since: days(60),
  compared_at: days(0),
  lost: 0,
  gaps: [],
  pausing: null,
  ...changes,
});

const gap = (from: number, to: number, lost: number | null): Collection['gaps'][number] => ({
  from: days(from),
  to: days(to),
  reason: 'not_running',
  lost,
  unknown_because: lost === null ? 'cpa_restarted' : null,
  credentials: [],
});

test('a month without a gap is one stretch', () => {
  expect(segmentsOf(collection(), NOW)).toEqual([{ kind: 'complete', from: 0, width: 100 }]);
});

test('what was never compared is left open', () => {
  expect(segmentsOf(collection({ since: null }), NOW)).toEqual([]);
  expect(segmentsOf(collection({ since: days(15) }), NOW)).toEqual([
    { kind: 'complete', from: 50, width: 50 },
  ]);
});

test('gaps lie over it, wide enough to be seen, and within it', () => {
  const segments = segmentsOf(collection({ gaps: [gap(0.001, 0, 86), gap(15, 12, null)] }), NOW);
  expect(segments.slice(1)).toEqual([
    { kind: 'lost', from: 99.2, width: 0.8 },
    { kind: 'unknown', from: 50, width: 10 },
  ]);
});

test('what lasts is not complete', () => {
  const segments = segmentsOf(collection({ pausing: { since: days(3), reason: 'unreachable' } }), NOW);
  expect(segments).toEqual([
    { kind: 'complete', from: 0, width: 90 },
    { kind: 'unknown', from: 90, width: 10 },
  ]);
});

test('the axis begins and ends with the strip', () => {
  const marks = marksOf(collection(), NOW);
  expect([marks[0]?.at, marks.at(-1)?.at]).toEqual([NOW - 30 * 86_400_000, NOW]);
});
