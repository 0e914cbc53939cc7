/**
 * Keeps what is on the screen up to date: every 5 s while the page is visible and live, at once when it is looked at
 * again, ever more rarely (up to once a minute) while the server fails. Paused, it only retries what failed.
 *
 *     live.state     'starting' | 'live' | 'paused' | 'failing'
 *     live.at        when the oldest answer on the screen was confirmed, in milliseconds of the epoch
 *     live.settled   whether the first figures stand: every question on the screen was answered once, well or not
 *     live.toggle()  pauses or goes on
 */
import { SvelteSet } from 'svelte/reactivity';
import type { CachedResponse } from './cache.svelte.ts';
import type { Problem } from './problem.ts';

export const PERIOD_MS = 5_000;
const LONGEST_MS = 60_000;

export type LiveState = 'starting' | 'live' | 'paused' | 'failing';

const kept = new SvelteSet<CachedResponse<unknown>>();
const holders = new Map<CachedResponse<unknown>, number>();
let paused = $state(false);
let settled = $state(false);
let failures = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
let running: Promise<void> | null = null;
let queued: Promise<void> | null = null;

const problem = $derived(firstProblem());
const at = $derived(oldest());

export const live = {
  get state(): LiveState {
    if (problem !== null) return 'failing';
    if (paused) return 'paused';
    return at === null ? 'starting' : 'live';
  },
  get paused(): boolean {
    return paused;
  },
  get at(): number | null {
    return at;
  },
  get settled(): boolean {
    return settled;
  },
  get problem(): Problem | null {
    return problem;
  },
  toggle(): void {
    paused = !paused;
    if (!paused) void round();
  },
  /** Asks everything on the screen again, now. */
  refresh(): Promise<void> {
    return round(true);
  },
};

/** Refreshes an answer with the others until the returned function is called. */
export function keepLive(answer: CachedResponse<unknown>): () => void {
  holders.set(answer, (holders.get(answer) ?? 0) + 1);
  kept.add(answer);
  return () => {
    const left = (holders.get(answer) ?? 1) - 1;
    if (left > 0) holders.set(answer, left);
    else {
      holders.delete(answer);
      kept.delete(answer);
    }
  };
}

/** How long to wait after a round: the period, doubled for each failure in a row, and never less than the server asks. */
export function pause(failed: number, askedFor: number | null): number {
  const backoff = Math.min(PERIOD_MS * 2 ** failed, LONGEST_MS);
  return Math.max(backoff, Math.min(askedFor ?? 0, LONGEST_MS));
}

/** Starts the rounds; answers how to stop them. */
export function startLive(): () => void {
  const look = (): void => {
    const age = Date.now() - (live.at ?? 0);
    if (document.visibilityState === 'visible' && age >= PERIOD_MS) void round();
  };
  const again = (): void => void round();
  document.addEventListener('visibilitychange', look);
  window.addEventListener('focus', look);
  window.addEventListener('online', again);
  // What asks only then adds to the questions, so it must not be undone by those being unanswered at first.
  const unwatch = $effect.root(() => {
    $effect(() => {
      if (kept.size > 0 && [...kept].every((answer) => answer.at !== null || answer.problem !== null))
        settled = true;
    });
  });
  schedule(PERIOD_MS);
  return () => {
    unwatch();
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', look);
    window.removeEventListener('focus', look);
    window.removeEventListener('online', again);
  };
}

/** One round. Asked for while one is under way, another follows it: what was asked before may be older than the reason. */
function round(everything = false): Promise<void> {
  if (running === null) {
    running = refreshAll(everything).finally(() => {
      running = null;
    });
    return running;
  }
  queued ??= running.then(() => {
    queued = null;
    return round(everything);
  });
  return queued;
}

async function refreshAll(everything: boolean): Promise<void> {
  const due = [...kept].filter((answer) => everything || !paused || answer.problem?.passes);
  try {
    await Promise.all(due.map((answer) => answer.refresh()));
  } finally {
    const failing = [...kept].map((answer) => answer.problem).filter((one) => one?.passes);
    failures = failing.length > 0 ? failures + 1 : 0;
    schedule(pause(failures, Math.max(0, ...failing.map((one) => one?.retryAfter ?? 0))));
  }
}

function schedule(delay: number): void {
  clearTimeout(timer);
  timer = setTimeout(() => {
    if (document.visibilityState === 'visible') void round();
    else schedule(PERIOD_MS);
  }, delay);
}

function firstProblem(): Problem | null {
  for (const answer of kept) if (answer.problem?.passes) return answer.problem;
  return null;
}

function oldest(): number | null {
  let found: number | null = null;
  for (const answer of kept)
    if (answer.at !== null && (found === null || answer.at < found)) found = answer.at;
  return found;
}
