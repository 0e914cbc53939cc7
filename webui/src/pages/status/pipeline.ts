/** The way of an event, step by step: from CPA to this page, and how each step is. */
import type { Status } from '~/api/types.ts';
import type { Collection } from '~/shell/collection.ts';

export type StepName = 'cpa' | 'queue' | 'inbox' | 'database' | 'page';
/** `unknown`: nobody has looked since something before it failed. */
export type StepState = 'good' | 'warn' | 'bad' | 'unknown';

type Problem = Status['problems'][number];

/** Which step a problem belongs to; what is in none of them concerns the installation as a whole. */
const STEP_OF: Readonly<Record<string, StepName>> = {
  wrong_key: 'cpa',
  banned: 'cpa',
  home_mode: 'cpa',
  management_disabled: 'cpa',
  remote_disabled: 'cpa',
  unreachable: 'cpa',
  unanswered: 'cpa',
  slow_answers: 'cpa',
  statistics_disabled: 'cpa',
  statistics_unknown: 'cpa',
  tls_mismatch: 'queue',
  certificate: 'queue',
  diverted: 'queue',
  shared: 'queue',
  protocol: 'queue',
  queue_missing: 'queue',
  subscribe_missing: 'queue',
  resp_disabled: 'queue',
  resp_unavailable: 'queue',
  interrupted: 'queue',
  not_collecting: 'queue',
  collector_silent: 'queue',
  rejected_messages: 'inbox',
  too_old_messages: 'inbox',
  behind: 'inbox',
  storage_failed: 'database',
  storage_locked: 'database',
  storage_damaged: 'database',
  storage_unwritable: 'database',
  disk_full: 'database',
  disk_nearly_full: 'database',
  wal_large: 'database',
};

export function stepOf(problem: Problem): StepName | null {
  return STEP_OF[problem.code] ?? null;
}

/** The worst that is said of a step, errors before warnings; null where all is well. */
export function worstOf(problems: readonly Problem[], step: StepName): Problem | null {
  const own = problems.filter((problem) => stepOf(problem) === step);
  return own.find((problem) => problem.severity === 'error') ?? own[0] ?? null;
}

/** How a step is. While nothing is collected, what only the collector knows of CPA and its queue is not known. */
export function stateOf(
  step: StepName,
  status: Status,
  problems: readonly Problem[],
  collection: Collection,
): StepState {
  const worst = worstOf(problems, step);
  if (worst !== null) return worst.severity === 'error' ? 'bad' : 'warn';
  if (step === 'database' || step === 'page') return 'good';
  if (collection !== 'collecting') return 'unknown';
  if (step === 'queue' && worstOf(problems, 'cpa')?.severity === 'error') return 'unknown';
  if (step === 'queue' && status.ingestd?.queue?.connected !== true) return 'unknown';
  return 'good';
}
