/** Numbers beside the names of pages that call to act: groups of errors that fail now, accounts that need somebody. */
import { SvelteMap } from 'svelte/reactivity';
import type { Question } from '~/api/query.svelte.ts';
import type { Path, Responses } from '~/api/types.ts';
import type { PageName } from '~/view/state.ts';

export interface Attention {
  readonly count: number;
  /** What is counted, in a few words. */
  readonly label: string;
}

/**
 * What `pages/<page>/badge.ts` exports as `badge`: a question that is asked once the figures stand and refreshed with
 * them, so it must be a light one, and what of its answer calls to act. It stands there whatever the page is filtered to.
 * Its texts are among those that are there from the start: the page may never be opened.
 */
export interface Badge<P extends Path = Path> {
  readonly question: Question<P>;
  readonly read: (answer: Responses[P]) => Attention;
}

const counts = new SvelteMap<PageName, Attention>();

/** Null where nothing calls. */
export function attentionOf(page: PageName): Attention | null {
  const found = counts.get(page);
  return found !== undefined && found.count > 0 ? found : null;
}

export function callAttention(page: PageName, attention: Attention): void {
  counts.set(page, attention);
}
