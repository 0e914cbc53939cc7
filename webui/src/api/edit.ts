/** One change that a person makes: `PATCH {base}api/v1/{path}` with JSON, or another method. Questions are client.ts. */
import { Problem, problemOf } from './problem.ts';
import { noticed } from './session.svelte.ts';

const TIMEOUT_MS = 20_000;

/** Answers what the API answers. Throws a Problem: the change was not made, or it is not known whether it was. */
export async function edit(
  path: string,
  body: unknown,
  method: 'GET' | 'PATCH' | 'POST' | 'DELETE' = 'PATCH',
): Promise<unknown> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  let response: Response;
  let text: string;
  try {
    response = await fetch(new URL(`api/v1/${path}`, document.baseURI), {
      method,
      headers: {
        Accept: 'application/json',
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      body: body === undefined ? null : JSON.stringify(body),
      cache: 'no-store',
      signal: timeout,
    });
    text = await response.text();
  } catch {
    throw new Problem('unreachable', timeout.aborted ? 'timeout' : 'network', '');
  }
  if (!response.ok) throw noticed(problemOf(response.status, text, response.headers.get('Retry-After')));
  try {
    return JSON.parse(text);
  } catch {
    throw new Problem('broken', 'not_json', '');
  }
}
