import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { edit } from './edit.ts';
import type { Problem } from './problem.ts';
import { json, startServer, type TestServer } from './server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startServer((_, response) => json(response, 200, {}));
  vi.stubGlobal('document', { baseURI: server.url });
});
afterAll(() => server.close());

test('a change is sent as JSON, and what the API made of it is answered', async () => {
  let seen = '';
  server.answer = (request, response) => {
    request.on('data', (part) => {
      seen += part;
    });
    request.on('end', () =>
      json(response, 200, { method: request.method, type: request.headers['content-type'], label: 'Bot' }),
    );
  };
  expect(await edit('api-keys/3', { label: 'Bot' })).toEqual({
    method: 'PATCH',
    type: 'application/json',
    label: 'Bot',
  });
  expect(seen).toBe('{"label":"Bot"}');
  expect(server.asked.at(-1)).toBe('/keeper/api/v1/api-keys/3');
});

test('a refusal says why, and no connection is one, too', async () => {
  server.answer = (_, response) =>
    json(response, 409, { error: { code: 'conflict', message: 'taken', parameter: 'label' } });
  await expect(edit('api-keys/3', { label: 'Bot' })).rejects.toMatchObject({
    code: 'conflict',
    parameter: 'label',
  } satisfies Partial<Problem>);
  server.answer = (request) => request.socket.destroy();
  await expect(edit('api-keys/3', {})).rejects.toMatchObject({ kind: 'unreachable', code: 'network' });
});
