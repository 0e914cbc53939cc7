import { expect, test } from 'vitest';
import type { Status } from '~/api/types.ts';
import { checklist } from './checklist.ts';

const states = (ingestd: object | null, events = 0): string[] =>
  checklist({ ingestd, database: { events } } as unknown as Status).map(({ state }) => state);
const queue = (connected: boolean, code?: string): object => ({
  alive: true,
  queue: {
    mode: 'auto',
    connected,
    last_event_at: null,
    trouble: code ? { code, message: 'why', since: null } : null,
  },
});

test('nothing can be known before the collector runs', () => {
  expect(states(null)).toEqual(['trouble', 'waiting', 'waiting', 'waiting', 'waiting']);
});

test('a collector that has not connected yet is waited for', () => {
  expect(states(queue(false))).toEqual(['done', 'waiting', 'waiting', 'waiting', 'waiting']);
});

test('a wrong key means that CPA was reached', () => {
  expect(states(queue(false, 'wrong_key'))).toEqual(['done', 'done', 'trouble', 'waiting', 'waiting']);
  expect(states(queue(false, 'banned'))).toEqual(['done', 'done', 'trouble', 'waiting', 'waiting']);
});

test('a CPA that does not answer is the first thing to look at', () => {
  expect(states(queue(false, 'unreachable'))).toEqual(['done', 'trouble', 'waiting', 'waiting', 'waiting']);
});

test('disabled statistics come after an accepted key', () => {
  expect(states(queue(true, 'statistics_disabled'))).toEqual(['done', 'done', 'done', 'trouble', 'waiting']);
});

test('when all is well only the first request is missing', () => {
  expect(states(queue(true))).toEqual(['done', 'done', 'done', 'done', 'waiting']);
  expect(states(queue(true), 3)).toEqual(['done', 'done', 'done', 'done', 'done']);
});

test('the collector speaks for itself where it has something to say', () => {
  const found = checklist({
    ingestd: queue(false, 'wrong_key'),
    database: { events: 0 },
  } as unknown as Status);
  expect(found.find(({ step }) => step === 'key')?.said).toBe('why');
  expect(found.find(({ step }) => step === 'reachable')?.said).toBeNull();
});

test('a trouble of one way to the queue does not matter while another works', () => {
  expect(states(queue(true, 'resp_disabled'))).toEqual(['done', 'done', 'done', 'done', 'waiting']);
});

test('another collector that takes the events is why none arrives', () => {
  expect(states(queue(true, 'diverted'))).toEqual(['done', 'done', 'done', 'done', 'trouble']);
});
