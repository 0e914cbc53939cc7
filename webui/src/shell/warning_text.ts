/** What the daemons say is wrong, in the language of the person, and where something can be done about it. */
import type { Problem } from '~/api/types.ts';
import { filled, isMessage, plain, t } from '~/i18n/index.svelte.ts';
import { view } from '~/view/view.svelte.ts';

export interface WarningText {
  readonly title: string;
  readonly text: string;
  /** Whether the text is in the language of the page; else it is the server's own English. */
  readonly translated: boolean;
}

const PARAMETERS: Readonly<Record<string, string | number>> = {};

/** The sentence of the problem's code with what the server names in it; a code we do not know speaks for itself. */
export function warningText(problem: Problem): WarningText {
  const title = `trouble.${problem.code}`;
  const sentence = `trouble.${problem.code}.text`;
  const text = isMessage(sentence) ? filled(sentence, problem.parameters ?? PARAMETERS) : null;
  return {
    title: isMessage(title) ? plain(title) : t('trouble.other'),
    text: text ?? capitalized(problem.message),
    translated: text !== null,
  };
}

/** A page on which it can be acted on, if there is one: a link and what is done there. */
export function remedyOf(problem: Problem): { readonly href: string; readonly label: string } | null {
  if (problem.code !== 'unpriced_models') return null;
  return { href: view.href({ page: 'prices' }), label: t('warnings.prices') };
}

function capitalized(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}
