import { expect, test } from 'vitest';
import type { Status } from '~/api/types.ts';
import { collectionOf, problemsOf } from './collection.ts';

const NOW = '2026-11-25T10:00:20+08:00';

function status(heartbeat: string | null, alive = false): Status {
  const ingestd = heartbeat === null ? null : { alive, heartbeat_at: heartbeat };
  const problems = [{ code: 'not_collecting' }, { code: 'wal_large' }];
  return { now: NOW, ingestd, problems } as unknown as Status;
}

test('a heartbeat that is not yet 15 s overdue may come from a collector that starts', () => {
  expect(collectionOf(status('2026-11-25T10:00:19+08:00', true), 0)).toBe('collecting');
  expect(collectionOf(status('2026-11-25T10:00:06+08:00'), 0)).toBe('starting');
  expect(collectionOf(status('2026-11-25T10:00:05+08:00'), 0)).toBe('stopped');
});

test('where there was none yet, the wait of this page decides', () => {
  expect(collectionOf(status(null), 14_999)).toBe('starting');
  expect(collectionOf(status(null), 15_000)).toBe('stopped');
});

test('only what is known to be wrong is told', () => {
  const codes = (of: Parameters<typeof problemsOf>[1]) => problemsOf(status(null), of).map((one) => one.code);
  expect(codes('starting')).toEqual(['wal_large']);
  expect(codes('stopped')).toEqual(['not_collecting', 'wal_large']);
});
