import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { addressOf, ask } from './client.ts';
import { Problem, problemOf } from './problem.ts';
import { json, startServer, type TestServer } from './server.ts';

let server: TestServer;

beforeEach(async () => {
  server = await startServer((_, response) => json(response, 200, { requests: 1 }, { ETag: '"r1"' }));
  vi.stubGlobal('document', { baseURI: server.url });
});

afterEach(async () => {
  vi.unstubAllGlobals();
  await server.close();
});

const problem = async (): Promise<Problem> => {
  const error: unknown = await ask(addressOf('summary', [])).catch((caught: unknown) => caught);
  if (!(error instanceof Problem)) throw new Error(`no problem, but ${String(error)}`);
  return error;
};

describe('a question', () => {
  it('is asked below the base path, with repeated parameters', async () => {
    await ask(
      addressOf('summary', [
        ['model', 'a b'],
        ['model', '!c&d'],
      ]),
    );
    expect(server.asked).toEqual(['/keeper/api/v1/summary?model=a+b&model=%21c%26d']);
  });

  it('is answered with the data and its validator', async () => {
    expect(await ask(addressOf('summary', []))).toEqual({
      unchanged: false,
      data: { requests: 1 },
      etag: '"r1"',
    });
  });

  it('shows its validator and may be told that nothing has changed', async () => {
    server.answer = (request, response) => {
      response.writeHead(request.headers['if-none-match'] === '"r1"' ? 304 : 500);
      response.end();
    };
    expect(await ask(addressOf('summary', []), { etag: '"r1"' })).toEqual({ unchanged: true });
  });
});

describe('a problem', () => {
  it('names the parameter that the server refused', async () => {
    server.answer = (_, response) =>
      json(response, 400, {
        error: { code: 'invalid_parameter', message: 'range must be one of …', parameter: 'range' },
      });
    expect(await problem()).toMatchObject({
      kind: 'rejected',
      code: 'invalid_parameter',
      message: 'range must be one of …',
      parameter: 'range',
      passes: false,
    });
  });

  it('passes on the delay that the server asks for', async () => {
    server.answer = (_, response) =>
      json(response, 503, { error: { code: 'starting', message: 'no schema yet' } }, { 'Retry-After': '7' });
    expect(await problem()).toMatchObject({
      kind: 'unavailable',
      code: 'starting',
      retryAfter: 7_000,
      passes: true,
    });
  });

  it('is told from the page of a proxy whose server is away', async () => {
    server.answer = (_, response) => {
      response.writeHead(502, { 'Content-Type': 'text/html' });
      response.end('<html>Bad gateway</html>');
    };
    expect(await problem()).toMatchObject({ kind: 'unreachable', code: 'http_502' });
  });

  it('is unreachable when nobody listens or the line is cut', async () => {
    server.answer = (request) => request.socket.destroy();
    expect(await problem()).toMatchObject({ kind: 'unreachable', code: 'network' });
    await server.close();
    expect(await problem()).toMatchObject({ kind: 'unreachable', code: 'network' });
  });

  it('is a broken server when a good status brings no JSON', async () => {
    server.answer = (_, response) => response.writeHead(200).end('<!doctype html>');
    expect(await problem()).toMatchObject({ kind: 'broken', code: 'not_json' });
  });

  it.each([
    [401, 'signed_out'],
    [403, 'signed_out'],
    [404, 'missing'],
    [422, 'rejected'],
    [429, 'unavailable'],
    [500, 'broken'],
    [504, 'unreachable'],
  ])('with status %i is %s', (status, kind) => {
    expect(problemOf(status, '', null).kind).toBe(kind);
    expect(problemOf(status, '[1]', 'soon')).toMatchObject({ code: `http_${status}`, retryAfter: null });
  });

  it('is none when nobody wanted the answer any more', async () => {
    server.answer = () => undefined;
    const controller = new AbortController();
    const asking = ask(addressOf('summary', []), { signal: controller.signal });
    controller.abort();
    await expect(asking).rejects.not.toBeInstanceOf(Problem);
  });
});
