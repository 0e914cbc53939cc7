/**
 * The rows of one question. Pages are joined as they are scrolled to; nothing is refreshed by itself, so that no row ever
 * moves under the eye: what has arrived since is only counted (`newer` in request_log.svelte.ts).
 */
import { addressOf, ask, type Params } from '~/api/client.ts';
import { pause } from '~/api/live.svelte.ts';
import { Problem } from '~/api/problem.ts';
import type { Events } from '~/api/types.ts';
import { learnZone } from '~/api/zone.svelte.ts';
import { learnLabels } from '~/view/labels.svelte.ts';
import { begun, continued, FIRST_PAGE, NEXT_PAGE, type Rows } from './rows.ts';

/** As many questions as are remembered with their rows, so that Back shows them at once. */
const KEPT = 6;
/** Rows older than this are asked for again instead. */
const STILL_GOOD_MS = 60_000;

/** One attempt to get something, which is tried again by itself while it may help. */
class Attempt {
  asking = $state.raw(false);
  problem = $state.raw<Problem | null>(null);
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #flight: AbortController | null = null;

  /** Hangs up, and tries no more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#flight?.abort();
    this.#flight = null;
    this.asking = false;
  }

  /** Asks anew; `take` gets the page, unless somebody asked again or hung up meanwhile. Never rejects. */
  async run(params: Params, take: (page: Events) => void): Promise<void> {
    this.stop();
    const flight = new AbortController();
    this.#flight = flight;
    this.asking = true;
    try {
      const reply = await ask<'events'>(addressOf('events', params), { signal: flight.signal });
      if (reply.unchanged) throw new Problem('broken', 'http_304', '');
      this.#failures = 0;
      this.problem = null;
      take(reply.data);
    } catch (error) {
      if (flight.signal.aborted) return;
      if (!(error instanceof Problem)) throw error;
      this.problem = error;
      this.#failures += 1;
      if (error.passes) {
        const wait = pause(this.#failures, error.retryAfter);
        this.#timer = setTimeout(() => void this.run(params, take), wait);
      }
    } finally {
      if (this.#flight === flight) {
        this.#flight = null;
        this.asking = false;
      }
    }
  }
}

export class Log {
  rows = $state.raw<Rows | null>(null);
  /** When the first page was answered, in milliseconds of the epoch. */
  at = $state.raw<number | null>(null);
  /** How often the rows were replaced: the list then begins at its top. */
  turn = $state.raw(0);
  /** Where the list was scrolled to when it was left. */
  scrollTop = 0;

  readonly first = new Attempt();
  readonly next = new Attempt();

  constructor(readonly params: Params) {}

  /** Shows these rows until the returned function is called: asks for them if there are none, or none that are still good. */
  show(): () => void {
    if (this.at !== null && Date.now() - this.at > STILL_GOOD_MS) {
      this.rows = null;
      this.at = null;
      this.scrollTop = 0;
    }
    if (this.rows === null) void this.load();
    return () => {
      this.first.stop();
      this.next.stop();
    };
  }

  /** Asks for the first page again and, once it is there, begins anew. */
  async load(): Promise<void> {
    this.next.stop();
    await this.first.run([...this.params, ['limit', String(FIRST_PAGE)]], (page) => {
      this.#learn(page);
      this.next.problem = null;
      this.scrollTop = 0;
      this.rows = begun(page);
      this.at = Date.now();
      this.turn += 1;
    });
    if (this.rows?.events.length === 0) await this.more();
  }

  /**
   * Asks for the next page, if there is one and it is not on its way. A page may come without rows, because looking for
   * them took the time that one answer may take; then it goes on with the one after it.
   */
  async more(again = false): Promise<void> {
    const count = this.rows?.events.length ?? 0;
    const from = this.rows?.next ?? null;
    await this.#page(again);
    const isFurther = this.rows !== null && this.rows.next !== null && this.rows.next !== from;
    if (isFurther && this.rows?.events.length === count) await this.more();
  }

  async #page(again: boolean): Promise<void> {
    const cursor = this.rows?.next ?? null;
    if (cursor === null || this.first.asking || this.next.asking || (this.next.problem !== null && !again))
      return;
    await this.next.run([...this.params, ['limit', String(NEXT_PAGE)], ['cursor', cursor]], (page) => {
      if (this.rows?.next !== cursor) return;
      this.#learn(page);
      this.rows = continued(this.rows, page);
    });
  }

  #learn(page: Events): void {
    learnZone(page.selection.zone);
    learnLabels(
      'credential',
      page.events.map((event) => event.credential),
    );
    learnLabels(
      'api_key',
      page.events.map((event) => event.api_key),
    );
  }
}

const logs = new Map<string, Log>();

/** The log of a question, new or remembered. */
export function logOf(params: Params): Log {
  const key = addressOf('events', params);
  const log = logs.get(key) ?? new Log(params);
  logs.delete(key);
  logs.set(key, log);
  for (const old of logs.keys()) {
    if (logs.size <= KEPT) break;
    logs.delete(old);
  }
  return log;
}
