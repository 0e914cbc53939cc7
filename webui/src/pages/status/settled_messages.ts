import type { CommandRun } from '~/api/command.svelte.ts';

/** How many messages were read again, or removed; 0 until that is done. */
export function settledMessages(run: CommandRun): number {
  const messages = run.status?.result?.['messages'];
  return typeof messages === 'number' ? messages : 0;
}
