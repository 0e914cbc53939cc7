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

/** Which step a trouble of the queue (its `code`) belongs to; others are told at the first step that is not done. */
const OF_CODE: readonly (readonly [RegExp, Step])[] = [
  [/key|ban|auth/, 'key'],
  [/statistics/, 'statistics'],
];

function stepOf(code: string): Step {
  return OF_CODE.find(([pattern]) => pattern.test(code))?.[1] ?? 'reachable';
}

/** Every step up to a trouble is done, what follows waits: nobody can know whether a key is right before it was asked. */
export function checklist(status: Status): Check[] {
  const { ingestd, database } = status;
  const trouble = ingestd?.queue?.trouble ?? null;
  const at = trouble ? stepOf(trouble.code) : null;
  const connected = ingestd?.queue?.connected ?? false;
  let reached = true;
  return STEPS.map((step): Check => {
    let state: StepState = 'done';
    if (step === 'ingestd') state = ingestd?.alive ? 'done' : 'trouble';
    else if (!reached) state = 'waiting';
    else if (step === at) state = 'trouble';
    else if (step === 'event') state = database.events > 0 ? 'done' : 'waiting';
    else if (at === null && !connected) state = 'waiting';
    if (state !== 'done') reached = false;
    return { step, state, said: state === 'trouble' && step === at ? (trouble?.message ?? null) : null };
  });
}
