/**
 * A question that a component keeps asking as its parameters change.
 *
 *     const summary = query(() => ({ path: 'summary', params: view.params([['compare', view.current.compare]]) }));
 *
 *     summary.state      'loading'  no answer to this question yet
 *                        'fresh'    answered, and the last attempt went well
 *                        'stale'    answered, but the last attempt failed: `at` says how old it is, `problem` why
 *                        'failed'   no answer and a problem
 *                        'idle'     the function answered null: nothing is asked
 *     summary.data       the answer; while a new question is 'loading' still the previous one's, and `outdated` is true,
 *                        so that charts change in place instead of going blank
 *     summary.retry()
 *
 * Call it while the component is set up, like $effect. Questions with one address share one fetch. Answers are refreshed
 * by live.svelte.ts while the page is live; `{ live: false }` asks once.
 */
import { untrack } from 'svelte';
import { type CachedResponse, cachedResponse } from './cache.svelte.ts';
import { addressOf, type Params } from './client.ts';
import { keepLive } from './live.svelte.ts';
import type { Problem } from './problem.ts';
import type { Path, Responses } from './types.ts';

export interface Question<P extends Path> {
  readonly path: P;
  readonly params?: Params;
  readonly live?: boolean;
}

export type QueryState = 'idle' | 'loading' | 'fresh' | 'stale' | 'failed';

export interface Query<T> {
  readonly state: QueryState;
  readonly data: T | null;
  readonly outdated: boolean;
  readonly problem: Problem | null;
  /** When `data` was last confirmed, in milliseconds of the epoch. */
  readonly at: number | null;
  /** Whether a request is under way. */
  readonly asking: boolean;
  readonly retry: () => void;
}

/** Asks before there is anything to show the answer: whoever asks the same soon afterwards finds it. Never rejects. */
export function prefetch<P extends Path>({ path, params = [] }: Question<P>): Promise<void> {
  return cachedResponse(path, params).refresh();
}

export function query<P extends Path>(question: () => Question<P> | null): Query<Responses[P]> {
  type Data = Responses[P];
  const asked = $derived.by(() => {
    const now = question();
    return now && { ...now, address: addressOf(now.path, now.params ?? []) };
  });
  // A string compares by value: the same question again does not ask again.
  const address = $derived(asked?.address ?? null);
  const live = $derived(asked?.live ?? true);

  let answer = $state.raw<CachedResponse<Data> | null>(null);
  let previous: CachedResponse<Data> | null = null;

  $effect.pre(() => {
    if (address === null) {
      answer = null;
      return;
    }
    const keep = live;
    const [release, leave] = untrack(() => {
      const { path, params = [] } = asked as Question<P>;
      const found = cachedResponse(path, params);
      if (answer !== found && answer?.data != null) previous = answer;
      answer = found;
      const letGo = found.hold();
      if (!found.recent) void found.refresh();
      return [letGo, keep ? keepLive(found) : undefined] as const;
    });
    return () => {
      leave?.();
      release();
    };
  });

  const waiting = $derived(answer !== null && answer.data === null && answer.problem === null);

  return {
    get state() {
      if (address === null) return 'idle';
      if (answer === null || waiting) return 'loading';
      if (answer.problem !== null) return answer.data === null ? 'failed' : 'stale';
      return 'fresh';
    },
    get data() {
      return waiting ? (previous?.data ?? null) : (answer?.data ?? null);
    },
    get outdated() {
      return waiting && previous?.data != null;
    },
    get problem() {
      return answer?.problem ?? null;
    },
    get at() {
      return waiting ? (previous?.at ?? null) : (answer?.at ?? null);
    },
    get asking() {
      return answer?.asking ?? false;
    },
    retry() {
      void answer?.refresh();
    },
  };
}
