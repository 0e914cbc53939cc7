/**
 * Whether the API wants a password first. Any question may learn it (client.ts, edit.ts): then nothing but the login is
 * shown, and the page is loaded again at the same address once somebody has signed in, here or in another tab.
 */
import { Problem, problemOf } from './problem.ts';

const TIMEOUT_MS = 20_000;
const UNAUTHENTICATED = 'unauthenticated';

let signedOut = $state(false);
let holder = $state(false);
let keyName = $state<string | null>(null);

export const session = {
  get signedOut(): boolean {
    return signedOut;
  },
  /** Whether it was opened with a key: then the server tells of that key's requests and of nothing else. */
  get isHolder(): boolean {
    return holder;
  },
  /** What that key is called; null: not known yet, or there is none. */
  get keyName(): string | null {
    return keyName;
  },
};

/** Takes note of whose session the server answered; null where nobody has to sign in. */
export function answeredTo(role: string | null): void {
  if (role !== 'api_key' || holder) return;
  holder = true;
  void nameKey();
}

async function nameKey(): Promise<void> {
  try {
    keyName = ((await ask('GET')) as State).api_key;
  } catch (error) {
    if (!(error instanceof Problem)) throw error; // the figures say that nobody answers
    holder = false; // with the next answer it is asked again
  }
}

/** Takes note of what went wrong, and hands it on. */
export function noticed(problem: Problem): Problem {
  if (problem.code === UNAUTHENTICATED) signedOut = true;
  return problem;
}

/** What opens a session: the password, or a key that CPA lists. */
export type Login = { readonly password: string } | { readonly api_key: string };

interface State {
  readonly role: string | null;
  readonly api_key: string | null;
}

/**
 * Opens a session. Throws a Problem: `wrong_password`, `unknown_key`, `too_many` with a delay, or that nobody answers.
 */
export async function signIn(login: Login): Promise<void> {
  await ask('POST', login);
}

/** Ends the session. Throws a Problem: it may still be open. */
export async function signOut(): Promise<void> {
  await ask('DELETE');
}

/** Whether somebody is signed in by now: another tab may have done it. False as well while nobody answers. */
export async function isSignedIn(): Promise<boolean> {
  try {
    return ((await ask('GET')) as State).role !== null;
  } catch (error) {
    if (error instanceof Problem) return false;
    throw error;
  }
}

async function ask(method: 'GET' | 'POST' | 'DELETE', body?: unknown): Promise<unknown> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  let response: Response;
  let text: string;
  try {
    response = await fetch(new URL('api/v1/session', document.baseURI), {
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
  if (!response.ok) throw problemOf(response.status, text, response.headers.get('Retry-After'));
  try {
    return JSON.parse(text);
  } catch {
    throw new Problem('broken', 'not_json', '');
  }
}
