/**
 * Answers that the page holds, one for each address, shared by every component that asks the same. An answer is fetched
 * while somebody wants it, aborted when nobody does any more, and kept for a while afterwards, so that Back is instant.
 */
import { addressOf, ask, type Params } from './client.ts';
import { Problem } from './problem.ts';
import type { Path, Responses, Selection } from './types.ts';
import { learnZone } from './zone.svelte.ts';

const KEPT = 40;
/** What was confirmed so short a time ago is not asked for again by a component that comes to show it. */
const RECENT_MS = 1_000;

export class CachedResponse<T> {
  /** The last good answer. */
  data = $state.raw<T | null>(null);
  /** When `data` was last confirmed, in milliseconds of the epoch. */
  at = $state.raw<number | null>(null);
  /** What went wrong last, null once it went well again. */
  problem = $state.raw<Problem | null>(null);
  asking = $state.raw(false);

  #etag: string | null = null;
  #wanted = 0;
  #flight: AbortController | null = null;

  constructor(readonly address: string) {}

  get wanted(): boolean {
    return this.#wanted > 0;
  }

  /** Whether it was confirmed only just now. */
  get recent(): boolean {
    return this.problem === null && this.at !== null && Date.now() - this.at < RECENT_MS;
  }

  /** Somebody shows this answer until the returned function is called. */
  hold(): () => void {
    this.#wanted += 1;
    return () => {
      this.#wanted -= 1;
      // A component may be replaced by another that asks the same: wait for it before hanging up.
      queueMicrotask(() => {
        if (!this.wanted) this.#flight?.abort();
      });
    };
  }

  /** Asks, unless it is being asked already. Never rejects: how it went is in `problem` and `at`. */
  async refresh(): Promise<void> {
    if (this.#flight !== null) return;
    const flight = new AbortController();
    this.#flight = flight;
    this.asking = true;
    try {
      const reply = await ask(this.address, { etag: this.#etag, signal: flight.signal });
      if (!reply.unchanged) {
        this.data = reply.data as T;
        this.#etag = reply.etag;
        learnZone((reply.data as { selection?: Selection }).selection?.zone);
      }
      this.at = Date.now();
      this.problem = null;
    } catch (error) {
      if (!flight.signal.aborted) {
        if (!(error instanceof Problem)) throw error;
        this.problem = error;
      }
    } finally {
      this.#flight = null;
      this.asking = false;
    }
    // Wanted again while the aborted flight was still in the air.
    if (flight.signal.aborted && this.wanted) await this.refresh();
  }
}

const responses = new Map<string, CachedResponse<unknown>>();

/** The answer at an address, new or remembered; the least recently used that nobody shows are forgotten. */
export function cachedResponse<P extends Path>(path: P, params: Params): CachedResponse<Responses[P]> {
  const address = addressOf(path, params);
  const found = responses.get(address) ?? new CachedResponse<unknown>(address);
  responses.delete(address);
  responses.set(address, found);
  for (const [old, answer] of responses) {
    if (responses.size <= KEPT) break;
    if (!answer.wanted) responses.delete(old);
  }
  return found as CachedResponse<Responses[P]>;
}
