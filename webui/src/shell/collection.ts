/** Whether events are being collected, as the status says it. */
import type { Status } from '~/api/types.ts';

export type Collection = 'collecting' | 'starting' | 'stopped';

/** How long a heartbeat may be overdue before it is news: a daemon that starts has none yet. */
export const OVERDUE_MS = 15_000;

/** `waitedMs` is how long this page has seen no heartbeat at all. */
export function collectionOf(status: Status, waitedMs: number): Collection {
  const { ingestd } = status;
  if (ingestd?.alive) return 'collecting';
  const overdue = ingestd === null ? waitedMs : Date.parse(status.now) - Date.parse(ingestd.heartbeat_at);
  return overdue < OVERDUE_MS ? 'starting' : 'stopped';
}

/** The problems to tell: that nothing is collected is none while the collector may still be starting. */
export function problemsOf(status: Status, collection: Collection): Status['problems'] {
  return collection === 'starting'
    ? status.problems.filter((problem) => problem.code !== 'not_collecting')
    : status.problems;
}
