/**
 * The log that a page shows as its question changes, in the shape of a Query (api/query.svelte.ts), so that the same parts
 * draw its states. While a new question is on its way the previous rows stay, `outdated`; a failed reload keeps the rows and
 * says how old they are. Call it while the component is set up.
 */
import { untrack } from 'svelte';
import { addressOf, type Params } from '~/api/client.ts';
import type { Problem } from '~/api/problem.ts';
import { type Query, query } from '~/api/query.svelte.ts';
import { type Log, logOf } from './log.svelte.ts';
import type { Rows } from './rows.ts';

export interface RequestLog extends Query<Rows> {
  /** Requests that match and have arrived since the first page was asked for. */
  readonly newer: number;
  /** Changes whenever other rows take the place of those there were. */
  readonly turn: string;
  readonly askingMore: boolean;
  readonly moreProblem: Problem | null;
  /** Asks for the next page. */
  readonly more: (again?: boolean) => void;
  /** Begins anew, from the top. */
  readonly reload: () => void;
  /** Where the rows that are shown were scrolled to when they were left. */
  scrollTop: number;
}

export function requestLog(params: () => Params): RequestLog {
  const address = $derived(addressOf('events', params()));
  let log = $state.raw<Log>(untrack(() => logOf(params())));
  let previous = $state.raw<Log | null>(null);

  $effect.pre(() => {
    void address;
    return untrack(() => {
      const next = logOf(params());
      if (next !== log && log.rows !== null) previous = log;
      log = next;
      return next.show();
    });
  });

  const waiting = $derived(log.rows === null && log.first.problem === null);
  const shown = $derived(waiting && previous !== null ? previous : log);

  // Costs next to nothing: one row, and 304 while nothing has arrived.
  const poll = query(() => {
    const head = log.rows?.head;
    return head === undefined
      ? null
      : { path: 'events', params: [...log.params, ['limit', '1'], ['cursor', head]] };
  });

  $effect(() => {
    // The database was replaced: where the rows began is not known any more.
    if (poll.problem?.kind === 'rejected' && log.first.problem === null) untrack(() => void log.load());
  });

  const problem = $derived(log.first.problem ?? (log.rows === null ? null : poll.problem));
  // That nothing or something is new confirms the rows that there are.
  const at = $derived(poll.outdated ? shown.at : latest(shown.at, poll.at));

  return {
    get state() {
      if (waiting) return 'loading';
      if (log.rows === null) return 'failed';
      return problem === null ? 'fresh' : 'stale';
    },
    get data() {
      return shown.rows;
    },
    get outdated() {
      return waiting && shown.rows !== null;
    },
    get problem() {
      return problem;
    },
    get at() {
      return at;
    },
    get asking() {
      return log.first.asking || poll.asking;
    },
    retry() {
      if (log.rows === null || log.first.problem !== null) void log.load();
      else poll.retry();
    },
    get newer() {
      return waiting || poll.outdated ? 0 : (poll.data?.newer ?? 0);
    },
    get turn() {
      return `${addressOf('events', shown.params)} ${shown.turn}`;
    },
    get askingMore() {
      return log.next.asking;
    },
    get moreProblem() {
      return log.next.problem;
    },
    more(again = false) {
      void log.more(again);
    },
    reload() {
      void log.load();
    },
    get scrollTop() {
      return shown.scrollTop;
    },
    set scrollTop(value) {
      shown.scrollTop = value;
    },
  };
}

function latest(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.max(one, other);
}
