import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CommandRun } from './command.svelte.ts';
import { json, startServer, type TestServer } from './server.ts';

let server: TestServer;
let asked: string[];
/** What is answered in turn; the last one stays. */
let answers: ((response: ServerResponse) => void)[];
let clock: ReturnType<typeof setInterval>;

beforeEach(async () => {
  asked = [];
  answers = [];
  server = await startServer((request: IncomingMessage, response) => {
    asked.push(`${request.method} ${request.url?.replace('/keeper/api/v1/', '')}`);
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    answer?.(response);
  });
  vi.stubGlobal('document', { baseURI: server.url, visibilityState: 'visible' });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  clock = setInterval(() => void vi.advanceTimersByTime(400), 1);
});

afterEach(async () => {
  clearInterval(clock);
  vi.useRealTimers();
  vi.unstubAllGlobals();
  await server.close();
});

const says =
  (state: string, more: object = {}, status = 200) =>
  (response: ServerResponse): void =>
    json(response, status, {
      id: '7',
      kind: 'backup',
      state,
      progress: 0,
      result: null,
      error: null,
      ...more,
    });
const dropped = (response: ServerResponse): void => void response.socket?.destroy();

test('it is filed, followed until it is over, and what it came to is kept', async () => {
  answers = [
    says('queued', {}, 202),
    says('running', { progress: 0.5 }),
    says('done', { result: { file: 'a' } }),
  ];
  const run = new CommandRun();
  expect([run.state, run.isOver]).toEqual(['idle', false]);
  const ended = run.ask({ kind: 'backup' });
  expect(run.state).toBe('running');
  expect((await ended)?.result).toEqual({ file: 'a' });
  expect([run.state, run.isOver, run.problem]).toEqual(['done', true, null]);
  expect(asked).toEqual(['POST commands', 'GET commands/7', 'GET commands/7']);
});

test('one that fails says why in the words of ingestd', async () => {
  answers = [says('queued', {}, 202), says('failed', { error: 'the disk is full' })];
  const run = new CommandRun();
  await run.ask({ kind: 'backup' });
  expect([run.state, run.status?.error, run.problem]).toEqual(['failed', 'the disk is full', null]);
});

test('a server that is away for a moment is asked again, and the run goes on', async () => {
  answers = [says('running', {}, 202), dropped, says('done')];
  const run = new CommandRun();
  expect((await run.ask({ kind: 'backup' }))?.state).toBe('done');
  expect([run.state, run.problem]).toEqual(['done', null]);
});

test('what could not be filed has failed, and can be asked again', async () => {
  answers = [(response) => json(response, 429, { error: { code: 'too_many', message: 'wait' } })];
  const run = new CommandRun();
  expect(await run.ask({ kind: 'backup' })).toBeNull();
  expect([run.state, run.problem?.code]).toEqual(['failed', 'too_many']);
  answers = [says('done', {}, 202)];
  await run.ask({ kind: 'backup' });
  expect([run.state, run.problem]).toEqual(['done', null]);
});

test('one that nobody takes up says so, and is followed all the same', async () => {
  answers = [says('queued', {}, 202)];
  const run = new CommandRun();
  const ended = run.ask({ kind: 'backup' });
  await vi.waitUntil(() => run.unclaimed);
  expect(run.state).toBe('running');
  answers = [says('done')];
  await ended;
  expect([run.state, run.unclaimed]).toEqual(['done', false]);
});

test('who looks away is told nothing more', async () => {
  answers = [says('running', {}, 202)];
  const run = new CommandRun();
  const ended = run.ask({ kind: 'backup' });
  await vi.waitUntil(() => run.status !== null);
  run.forget();
  answers = [says('done')];
  expect(await Promise.race([ended, Promise.resolve(null)])).toBeNull();
  expect([run.state, run.status]).toEqual(['idle', null]);
});
