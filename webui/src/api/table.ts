/** An answer of the API as a file: the same question, asked for CSV. */
import { download } from '~/charts/csv.ts';
import { addressOf, type Params } from './client.ts';
import { Problem, problemOf } from './problem.ts';
import { noticed } from './session.svelte.ts';
import type { Path } from './types.ts';

const TIMEOUT_MS = 60_000;

/** Hands the table to the browser under the name that the server gives it. Throws a Problem. */
export async function saveTable(path: Path, params: Params): Promise<void> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(addressOf(path, params), {
      headers: { Accept: 'text/csv' },
      cache: 'no-store',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    text = await response.text();
  } catch {
    throw new Problem('unreachable', 'network', '');
  }
  if (!response.ok) throw noticed(problemOf(response.status, text, response.headers.get('Retry-After')));
  const name = /filename="([^"]+)"/.exec(response.headers.get('Content-Disposition') ?? '')?.[1];
  // The byte order mark lets spreadsheets read names in Chinese.
  download(new Blob([`\uFEFF${text}`], { type: 'text/csv' }), name ?? `${path.replace('/', '_')}.csv`);
}
