import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { addressOf, ask } from './client.ts';
import { edit } from './edit.ts';
import { json, startServer, type TestServer } from './server.ts';

let server: TestServer;
let session: typeof import('./session.svelte.ts');

beforeEach(async () => {
  server = await startServer((_, response) =>
    json(response, 200, { required: true, role: 'admin', expires_at: null }),
  );
  vi.stubGlobal('document', { baseURI: server.url });
  session = await import('./session.svelte.ts');
});

afterEach(async () => {
  vi.unstubAllGlobals();
  await server.close();
});

const refuse = (status: number, code: string, headers = {}): void => {
  server.answer = (_, response) => json(response, status, { error: { code, message: '' } }, headers);
};

test('a proxy that wants a password of its own is not our login', async () => {
  refuse(401, 'http_401');
  await expect(ask(addressOf('summary', []))).rejects.toMatchObject({ kind: 'signed_out' });
  expect(session.session.signedOut).toBe(false);
});

test('a wrong password and too many of them are told apart', async () => {
  refuse(401, 'wrong_password');
  await expect(session.signIn({ password: 'x' })).rejects.toMatchObject({ code: 'wrong_password' });
  expect(session.session.signedOut).toBe(false);
  refuse(429, 'too_many', { 'Retry-After': '42' });
  await expect(session.signIn({ password: 'x' })).rejects.toMatchObject({
    code: 'too_many',
    retryAfter: 42_000,
  });
});

test('the password goes into the body, and the answer of the session is read', async () => {
  let seen = '';
  server.answer = (request, response) => {
    request.on('data', (part) => {
      seen += part;
    });
    request.on('end', () => json(response, 200, { required: true, role: 'admin', expires_at: null }));
  };
  await session.signIn({ password: 'päss' });
  expect(seen).toBe('{"password":"päss"}');
  expect(server.asked.at(-1)).toBe('/keeper/api/v1/session');
  expect(await session.isSignedIn()).toBe(true);
  server.answer = (_, response) => json(response, 200, { required: true, role: null, expires_at: null });
  expect(await session.isSignedIn()).toBe(false);
  server.answer = (request) => request.socket.destroy();
  expect(await session.isSignedIn()).toBe(false);
});

test.each([
  ['a question', () => ask(addressOf('summary', []))],
  ['a change', () => edit('api-keys/1', {})],
])('%s that the API refuses to answer without a session leads to the login', async (_, act) => {
  refuse(401, 'unauthenticated');
  await expect(act()).rejects.toMatchObject({ kind: 'signed_out' });
  expect(session.session.signedOut).toBe(true);
});
