/** What must be true before the first request can appear, in the order in which it becomes true. */
import type { Status } from '~/api/types.ts';

export const STEPS = ['ingestd', 'reachable', 'key', 'statistics', 'event'] as const;
export type Step = (typeof STEPS)[number];
export type StepState = 'done' | 'trouble' | 'waiting';

export interface Check {
  readonly step: Step;
  readonly state: StepState;
  /** What the collector itself says about it. */
  readonly said: string | null;
}

/** Which step a trouble of the queue (its `code`) belongs to; any other is a trouble of getting through to CPA. */
const STEP_OF: Readonly<Record<string, Step>> = {
  wrong_key: 'key',
  banned: 'key',
  statistics_disabled: 'statistics',
  diverted: 'event',
  shared: 'event',
};

/** The trouble that stands in the way; one of getting through does not while the collector is connected another way. */
function obstacle(status: Status): { step: Step; said: string } | null {
  const queue = status.ingestd?.queue;
  if (!queue?.trouble) return null;
  const step = STEP_OF[queue.trouble.code] ?? 'reachable';
  return step === 'reachable' && queue.connected ? null : { step, said: queue.trouble.message };
}

/** Every step up to a trouble is done, what follows waits: nobody can know whether a key is right before it was asked. */
export function checklist(status: Status): Check[] {
  const { ingestd, database } = status;
  const trouble = obstacle(status);
  const connected = ingestd?.queue?.connected ?? false;
  let reached = true;
  return STEPS.map((step): Check => {
    let state: StepState = 'done';
    if (step === 'ingestd') state = ingestd?.alive ? 'done' : 'trouble';
    else if (!reached) state = 'waiting';
    else if (step === trouble?.step) state = 'trouble';
    else if (step === 'event') state = database.events > 0 ? 'done' : 'waiting';
    else if (trouble === null && !connected) state = 'waiting';
    if (state !== 'done') reached = false;
    return { step, state, said: state === 'trouble' && step === trouble?.step ? trouble.said : null };
  });
}
