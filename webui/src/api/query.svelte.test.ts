import type { ServerResponse } from 'node:http';
import { flushSync } from 'svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { live } from './live.svelte.ts';
import { prefetch, type Query, query } from './query.svelte.ts';
import { json, startServer, type TestServer } from './server.ts';
import type { Responses } from './types.ts';

let server: TestServer;
let stop: (() => void)[] = [];

/** Every test asks for a range of its own, so that none finds what another one was told. */
let test = 0;

beforeEach(async () => {
  test += 1;
  server = await startServer((request, response) => json(response, 200, { asked: request.url }));
  vi.stubGlobal('document', { baseURI: server.url, visibilityState: 'visible' });
});

afterEach(async () => {
  for (const one of stop) one();
  stop = [];
  vi.unstubAllGlobals();
  await server.close();
});

/** A component that asks `question` until the test is over or the answered function is called. */
function component(question: () => string | null): { query: Query<Responses['summary']>; leave: () => void } {
  let asked: Query<Responses['summary']> | undefined;
  const leave = $effect.root(() => {
    asked = query(() => {
      const range = question();
      return range === null ? null : { path: 'summary', params: [['range', `${test}-${range}`]] };
    });
  });
  flushSync();
  stop.push(leave);
  if (asked === undefined) throw new Error('not asked');
  return { query: asked, leave };
}

const until = (condition: () => boolean): Promise<void> =>
  vi.waitFor(() => {
    flushSync();
    if (!condition()) throw new Error('not yet');
  });

const answered = (one: Query<Responses['summary']>): string =>
  (one.data as unknown as { asked: string }).asked;

describe('a query', () => {
  it('is loading, then fresh', async () => {
    const { query: one } = component(() => 'a');
    expect([one.state, one.data, one.outdated]).toEqual(['loading', null, false]);
    await until(() => one.state === 'fresh');
    expect(answered(one)).toContain(`range=${test}-a`);
    expect(one.at).not.toBeNull();
  });

  it('is idle while there is nothing to ask', () => {
    const { query: one } = component(() => null);
    expect([one.state, one.data]).toEqual(['idle', null]);
    expect(server.asked).toEqual([]);
  });

  it('finds what was asked ahead of it, and does not ask again', async () => {
    await prefetch({ path: 'summary', params: [['range', `${test}-a`]] });
    const { query: one } = component(() => 'a');
    expect([one.state, one.asking]).toEqual(['fresh', false]);
    expect(answered(one)).toContain(`range=${test}-a`);
    expect(server.asked).toHaveLength(1);
  });

  it('joins what was asked ahead and is not answered yet', async () => {
    const ahead = prefetch({ path: 'summary', params: [['range', `${test}-a`]] });
    const { query: one } = component(() => 'a');
    expect(one.state).toBe('loading');
    await ahead;
    await until(() => one.state === 'fresh');
    expect(server.asked).toHaveLength(1);
  });

  it('shares one fetch with everybody who asks the same', async () => {
    const [first, second] = [component(() => 'a').query, component(() => 'a').query];
    await until(() => first.state === 'fresh' && second.state === 'fresh');
    expect(server.asked).toHaveLength(1);
    expect(second.data).toBe(first.data);
  });

  it('keeps the previous answer in sight until the next one is there', async () => {
    let range = $state('a');
    const { query: one } = component(() => range);
    await until(() => one.state === 'fresh');
    const before = one.data;
    let held: ServerResponse | undefined;
    server.answer = (_, response) => {
      held = response;
    };
    range = 'b';
    flushSync();
    expect([one.state, one.outdated, one.data]).toEqual(['loading', true, before]);
    await until(() => held !== undefined);
    if (held) json(held, 200, { asked: 'b' });
    await until(() => one.state === 'fresh');
    expect([one.outdated, answered(one)]).toEqual([false, 'b']);
  });

  it('hangs up on a question that has been superseded', async () => {
    let range = $state('a');
    let hungUp = 0;
    server.answer = (request, response) => {
      if (request.url?.endsWith('-b')) json(response, 200, { asked: 'b' });
      else response.on('close', () => (hungUp += 1));
    };
    const { query: one } = component(() => range);
    await until(() => server.asked.length === 1);
    range = 'b';
    await until(() => one.state === 'fresh' && hungUp === 1);
    expect([answered(one), one.problem]).toEqual(['b', null]);
  });

  it('asks again when a question comes back that was hung up on', async () => {
    let range = $state('a');
    const { query: one } = component(() => range);
    range = 'b';
    flushSync();
    range = 'a';
    await until(() => one.state === 'fresh');
    expect(answered(one)).toContain('-a');
  });

  it('shows a remembered answer at once when the question comes back', async () => {
    let range = $state('a');
    const { query: one } = component(() => range);
    await until(() => one.state === 'fresh');
    range = 'b';
    await until(() => one.state === 'fresh' && answered(one).endsWith('-b'));
    range = 'a';
    flushSync();
    expect([one.state, answered(one).endsWith('-a')]).toEqual(['fresh', true]);
  });

  it('has failed, with no figures at all, when the first answer is a problem, and recovers', async () => {
    server.answer = (_, response) =>
      json(response, 503, { error: { code: 'starting', message: 'no schema yet' } });
    const { query: one } = component(() => 'a');
    await until(() => one.state === 'failed');
    expect([one.data, one.problem?.code, live.state]).toEqual([null, 'starting', 'failing']);
    server.answer = (_, response) => json(response, 200, { asked: 'again' });
    one.retry();
    await until(() => one.state === 'fresh');
    expect([one.problem, live.state]).toEqual([null, 'live']);
  });

  it('is stale, with its age, when a refresh fails, and recovers by itself', async () => {
    const { query: one } = component(() => 'a');
    await until(() => one.state === 'fresh');
    const at = one.at;
    server.answer = (request) => request.socket.destroy();
    await live.refresh();
    expect([one.state, one.at, one.problem?.kind, live.state]).toEqual([
      'stale',
      at,
      'unreachable',
      'failing',
    ]);
    expect(one.data).not.toBeNull();
    server.answer = (_, response) => json(response, 200, { asked: 'again' });
    await live.refresh();
    expect([one.state, answered(one)]).toEqual(['fresh', 'again']);
  });

  it('keeps its very data when a refresh brings nothing new', async () => {
    server.answer = (request, response) => {
      if (request.headers['if-none-match'] === '"r1"') response.writeHead(304).end();
      else json(response, 200, { asked: 'once' }, { ETag: '"r1"' });
    };
    const { query: one } = component(() => 'a');
    await until(() => one.state === 'fresh');
    const [data, at] = [one.data, one.at];
    vi.spyOn(Date, 'now').mockReturnValue((at ?? 0) + 5_000);
    await live.refresh();
    expect(one.data).toBe(data);
    expect(one.at).toBe((at ?? 0) + 5_000);
  });

  it('is refreshed no more once nobody shows it', async () => {
    const { query: one, leave } = component(() => 'a');
    await until(() => one.state === 'fresh');
    leave();
    await live.refresh();
    expect(server.asked).toHaveLength(1);
  });
});
