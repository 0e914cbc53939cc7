import type { Problem } from '~/api/problem.ts';
import { isMessage, plain, t } from '~/i18n/index.svelte.ts';

/** What happened, as a title, and what was kept or can be done, as a sentence. */
export function problemText(problem: Problem): { title: string; text: string } {
  const code = `problem.code.${problem.code}`;
  const explained = `${code}.text`;
  if (isMessage(code) && isMessage(explained)) return { title: plain(code), text: plain(explained) };
  // The server's own words are better than general ones where it speaks of a parameter or of its state.
  return { title: t(`problem.${problem.kind}`), text: problem.message || t(`problem.${problem.kind}.text`) };
}
