import type { IncomingMessage, ServerResponse } from 'node:http';
import { flushSync } from 'svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Params } from '~/api/client.ts';
import { live, PERIOD_MS } from '~/api/live.svelte.ts';
import { json, startServer, type TestServer } from '~/api/server.ts';
import { labelOf } from '~/view/labels.svelte.ts';
import { type RequestLog, requestLog } from './request_log.svelte.ts';

let server: TestServer;
let stop: (() => void)[] = [];

/** Every test asks about a model of its own, so that none finds the rows of another. */
let test = 0;

/** How many requests there are, and how many have arrived since the first page was asked for. */
let total = 0;
let newer = 0;
/** Pages without rows at the beginning, as when looking for rows takes longer than one answer may. */
let barren = 0;
let holds: ((response: ServerResponse) => void) | null = null;

const event = (number: number) => ({
  id: `e${number}`,
  credential: { id: '7', label: `account-${test}` },
  api_key: { id: '3', label: 'team-a' },
});

/** Answers pages of `total` requests, the newest having the highest number. */
function answer(request: IncomingMessage, response: ServerResponse): void {
  if (holds !== null) {
    holds(response);
    return;
  }
  const params = new URL(request.url ?? '', server.url).searchParams;
  const cursor = params.get('cursor');
  const limit = Number(params.get('limit'));
  if (barren > 0) {
    barren -= 1;
    const body = { selection: { zone: 'Asia/Shanghai' }, events: [], head_cursor: `head-${total}`, newer: 0 };
    json(response, 200, { ...body, next_cursor: `barren-${barren}` });
    return;
  }
  const from = cursor === null || /^(head|barren)/.test(cursor) ? 0 : Number(cursor);
  const events = Array.from({ length: Math.max(0, Math.min(limit, total - from)) }, (_, index) =>
    event(total - from - index),
  );
  const next = from + events.length;
  json(response, 200, {
    selection: { zone: 'Asia/Shanghai' },
    events,
    next_cursor: next < total ? String(next) : null,
    head_cursor: `head-${total}`,
    newer: cursor?.startsWith('head') ? newer : 0,
  });
}

beforeEach(async () => {
  test += 1;
  total = 350;
  newer = 0;
  barren = 0;
  holds = null;
  server = await startServer(answer);
  vi.stubGlobal('document', { baseURI: server.url, visibilityState: 'visible' });
});

afterEach(async () => {
  for (const one of stop) one();
  stop = [];
  vi.useRealTimers();
  vi.unstubAllGlobals();
  await server.close();
});

function component(model: () => string = () => 'a'): RequestLog {
  let log: RequestLog | undefined;
  const params = (): Params => [['model', `${test}-${model()}`]];
  stop.push(
    $effect.root(() => {
      log = requestLog(params);
    }),
  );
  flushSync();
  if (log === undefined) throw new Error('not shown');
  return log;
}

const until = (condition: () => boolean): Promise<void> =>
  vi.waitFor(() => {
    flushSync();
    if (!condition()) throw new Error('not yet');
  });

const ids = (log: RequestLog) => log.data?.events.map(({ id }) => id) ?? [];
/** Addresses that ask for rows, and not only how many are new. */
const pagesAsked = () => server.asked.filter((address) => !address.includes('limit=1&'));

describe('the log', () => {
  it('shows the first page, and each further one behind it', async () => {
    const log = component();
    expect([log.state, log.data]).toEqual(['loading', null]);
    await until(() => log.state === 'fresh');
    expect(ids(log)).toHaveLength(100);
    log.more();
    await until(() => ids(log).length === 300);
    log.more();
    await until(() => ids(log).length === 350);
    expect([log.data?.next, ids(log)[0], ids(log)[349]]).toEqual([null, 'e350', 'e1']);
    log.more();
    expect(pagesAsked()).toHaveLength(3);
  });

  it('goes on where a page comes without rows and names the next one', async () => {
    barren = 2;
    const log = component();
    await until(() => ids(log).length === 200);
    barren = 1;
    log.more();
    await until(() => ids(log).length === 350);
    expect(log.data?.next).toBeNull();
  });

  it('asks for a page once, however often it is wanted', async () => {
    const log = component();
    await until(() => log.state === 'fresh');
    for (let time = 0; time < 5; time += 1) log.more();
    await until(() => ids(log).length === 300);
    expect(pagesAsked()).toHaveLength(2);
  });

  it('learns what the ids of keys and credentials are called', async () => {
    const log = component();
    await until(() => log.state === 'fresh');
    expect([labelOf('credential', '7'), labelOf('api_key', '3')]).toEqual([`account-${test}`, 'team-a']);
  });

  it('counts what has arrived since and moves no row', async () => {
    const log = component();
    await until(() => log.state === 'fresh');
    const [rows, turn] = [log.data, log.turn];
    total += 12;
    newer = 12;
    await live.refresh();
    await until(() => log.newer === 12);
    expect([log.data, log.turn]).toEqual([rows, turn]);
  });

  it('begins anew when asked to, from the top and without anything new', async () => {
    const log = component();
    await until(() => log.state === 'fresh');
    log.scrollTop = 900;
    total += 12;
    newer = 12;
    await live.refresh();
    await until(() => log.newer === 12);
    const turn = log.turn;
    newer = 0;
    log.reload();
    await until(() => log.turn !== turn);
    expect([ids(log)[0], log.scrollTop]).toEqual(['e362', 0]);
    await until(() => log.newer === 0);
  });

  it('keeps the rows in sight until those of a new question are there', async () => {
    let model = $state('a');
    const log = component(() => model);
    await until(() => log.state === 'fresh');
    let held: ServerResponse | undefined;
    holds = (response) => {
      held = response;
    };
    model = 'b';
    flushSync();
    expect([log.state, log.outdated, ids(log).length, log.newer]).toEqual(['loading', true, 100, 0]);
    await until(() => held !== undefined);
    holds = null;
    if (held)
      json(held, 200, {
        selection: { zone: 'UTC' },
        events: [],
        next_cursor: null,
        head_cursor: 'head',
        newer: 0,
      });
    await until(() => log.state === 'fresh');
    expect([log.outdated, ids(log)]).toEqual([false, []]);
  });

  it('shows the rows of an earlier question at once, where they were scrolled to', async () => {
    let model = $state('a');
    const log = component(() => model);
    await until(() => log.state === 'fresh');
    log.scrollTop = 720;
    model = 'b';
    await until(() => log.state === 'fresh' && log.scrollTop === 0);
    const asked = pagesAsked().length;
    model = 'a';
    flushSync();
    expect([log.state, ids(log).length, log.scrollTop]).toEqual(['fresh', 100, 720]);
    expect(pagesAsked()).toHaveLength(asked);
  });

  it('hangs up when another question is asked, and keeps what comes late away from it', async () => {
    let model = $state('a');
    let hungUp = 0;
    holds = (response) => response.on('close', () => (hungUp += 1));
    const log = component(() => model);
    await until(() => server.asked.length === 1);
    holds = null;
    model = 'b';
    await until(() => log.state === 'fresh');
    await until(() => hungUp === 1);
  });

  it('has failed when there are no rows and a problem, and recovers by itself', async () => {
    holds = (response) => json(response, 503, { error: { code: 'starting', message: 'no schema yet' } });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const log = component();
    await until(() => log.state === 'failed');
    expect([log.data, log.problem?.code]).toEqual([null, 'starting']);
    holds = null;
    await vi.advanceTimersByTimeAsync(2 * PERIOD_MS);
    await until(() => log.state === 'fresh');
    expect(log.problem).toBeNull();
  });

  it('keeps its rows and says how old they are when it cannot begin anew', async () => {
    const log = component();
    await until(() => log.state === 'fresh' && log.at !== null);
    const [rows, at] = [log.data, log.at];
    holds = (response) => response.destroy();
    log.reload();
    await until(() => log.state === 'stale');
    expect([log.data, log.problem?.kind]).toEqual([rows, 'unreachable']);
    expect(log.at).toBeGreaterThanOrEqual(at ?? 0);
    holds = null;
    log.retry();
    await until(() => log.state === 'fresh');
  });

  it('says how old its rows are when it is not known any more what is new', async () => {
    const log = component();
    await until(() => log.state === 'fresh');
    await live.refresh();
    holds = (response) => response.destroy();
    await live.refresh();
    await until(() => log.state === 'stale');
    holds = null;
    await live.refresh();
    await until(() => log.state === 'fresh');
  });

  it('keeps what it has when the next page fails, and asks for it again only when told to', async () => {
    const log = component();
    await until(() => log.state === 'fresh');
    await until(() => server.asked.length === 2);
    holds = (response) =>
      json(response, 400, {
        error: { code: 'invalid_parameter', message: 'no such cursor', parameter: 'cursor' },
      });
    log.more();
    await until(() => log.moreProblem !== null);
    expect([ids(log).length, log.moreProblem?.kind]).toEqual([100, 'rejected']);
    holds = null;
    log.more();
    expect(log.askingMore).toBe(false);
    log.more(true);
    await until(() => ids(log).length === 300);
    expect(log.moreProblem).toBeNull();
  });

  it('begins anew when the server does not know any more where it began', async () => {
    const log = component();
    await until(() => log.state === 'fresh');
    const turn = log.turn;
    const unknown = answer;
    server.answer = (request, response) => {
      if (request.url?.includes('cursor=head-350'))
        json(response, 400, {
          error: { code: 'invalid_parameter', message: 'no such cursor', parameter: 'cursor' },
        });
      else unknown(request, response);
    };
    total = 351;
    await live.refresh();
    await until(() => log.turn !== turn);
    expect(ids(log)[0]).toBe('e351');
    await until(() => log.state === 'fresh');
  });
});
