/** One question to the API: `GET {base}api/v1/{path}?{params}`. Remembers nothing; query.svelte.ts does. */

import { parsedWithoutMarks } from './direction_marks.ts';
import { Problem, problemOf } from './problem.ts';
import { answeredTo, noticed } from './session.svelte.ts';
import type { Path, Responses } from './types.ts';

const TIMEOUT_MS = 20_000;

export type Params = readonly (readonly [string, string])[];

export type Reply<T> = { unchanged: true } | { unchanged: false; data: T; etag: string | null };

/** The address of a question; also its identity: the same address is the same question. */
export function addressOf(path: Path, params: Params): string {
  const search = new URLSearchParams(params.map(([name, value]) => [name, value])).toString();
  return new URL(`api/v1/${path}${search === '' ? '' : `?${search}`}`, document.baseURI).href;
}

/**
 * Asks. With `etag` the server may answer that nothing has changed. Throws a Problem, or the abort's own error when
 * `signal` says that nobody wants the answer any more.
 */
export async function ask<P extends Path>(
  address: string,
  { etag, signal }: { etag?: string | null; signal?: AbortSignal } = {},
): Promise<Reply<Responses[P]>> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (etag) headers['If-None-Match'] = etag;
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const response = await fetch(address, {
      headers,
      cache: 'no-store', // the validator is kept beside the parsed answer; a second copy would only cost memory
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    answeredTo(response.headers.get('Session-Role'));
    if (response.status === 304) return { unchanged: true };
    const body = await response.text();
    if (!response.ok) throw noticed(problemOf(response.status, body, response.headers.get('Retry-After')));
    return { unchanged: false, data: parsed(body) as Responses[P], etag: response.headers.get('ETag') };
  } catch (error) {
    if (error instanceof Problem || signal?.aborted) throw error;
    throw new Problem('unreachable', timeout.aborted ? 'timeout' : 'network', '');
  }
}

function parsed(body: string): unknown {
  try {
    return parsedWithoutMarks(body);
  } catch {
    throw new Problem('broken', 'not_json', '');
  }
}
