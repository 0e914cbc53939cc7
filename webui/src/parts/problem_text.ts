import type { Problem } from '~/api/problem.ts';
import { isMessage, plain, t } from '~/i18n/index.svelte.ts';

/** What happened, as a title, and what was kept or can be done, as a sentence. */
export function problemText(problem: Problem): { title: string; text: string } {
  const ofCode = `problem.code.${problem.code}`;
  return {
    title: t(`problem.${problem.kind}`),
    // The server's own message is better than a general one where it speaks of a parameter or of its state.
    text: isMessage(ofCode) ? plain(ofCode) : problem.message || t(`problem.${problem.kind}.text`),
  };
}
