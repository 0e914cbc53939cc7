import type { Problem } from '~/api/problem.ts';
import { filled, isMessage, locale, plain, t } from '~/i18n/index.svelte.ts';

/** What happened, as a title, and what was kept or can be done, as a sentence. */
export function problemText(problem: Problem): { title: string; text: string } {
  // What keeps the server from answering is named as on the page that tells of troubles.
  for (const code of [`problem.code.${problem.code}`, `trouble.${problem.code}`]) {
    const explained = `${code}.text`;
    if (isMessage(code) && isMessage(explained) && !plain(explained).includes('{'))
      return { title: plain(code), text: plain(explained) };
  }
  const refused = `problem.refused.${problem.code}`;
  // The server speaks English: elsewhere its code and what it is about are said in the language of the page.
  if (
    problem.kind === 'rejected' &&
    problem.parameter !== null &&
    locale.current !== 'en' &&
    isMessage(refused)
  )
    return {
      title: t('problem.rejected'),
      text: filled(refused, { parameter: problem.parameter }) ?? problem.message,
    };
  // The server's own words are better than general ones where it speaks of a parameter or of its state.
  return { title: t(`problem.${problem.kind}`), text: problem.message || t(`problem.${problem.kind}.text`) };
}
