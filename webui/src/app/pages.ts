import type { Component } from 'svelte';
import type { Question } from '~/api/query.svelte.ts';
import type { Path } from '~/api/types.ts';
import { hasTexts, type Section } from '~/i18n/catalog.ts';
import { firstQuestions as keyQuestions } from '~/pages/key/questions.ts';
import { firstQuestions } from '~/pages/overview/questions.ts';
import type { Badge } from '~/shell/attention.svelte.ts';
import { barPages } from '~/view/holder.ts';
import type { PageName, View } from '~/view/state.ts';

type Loader = () => Promise<{ default: Component }>;

/** The code of each page, loaded when it is first opened, never before. */
const components = import.meta.glob('../pages/*/Page.svelte') as Record<string, Loader>;

/** What a page asks when it is opened: on a first visit the server answers while the page's code is still on its way. */
const questions: { readonly [N in PageName]?: (view: View) => readonly Question<Path>[] } = {
  overview: firstQuestions,
  key: keyQuestions,
};

/** What calls to act on a page, for those that have such a thing; loaded once the figures of the first page stand. */
const badges = import.meta.glob('../pages/*/badge.ts', { import: 'badge' }) as Record<
  string,
  () => Promise<Badge>
>;

export function loadBadges(): Promise<[PageName, Badge][]> {
  return Promise.all(
    barPages().flatMap((page) => {
      const load = badges[`../pages/${page}/badge.ts`];
      return load ? [load().then((badge): [PageName, Badge] => [page, badge])] : [];
    }),
  );
}

export function loadComponent(page: PageName): Promise<{ default: Component }> {
  const load = components[`../pages/${page}/Page.svelte`];
  if (load === undefined) throw new Error(`pages/${page} has no Page.svelte`);
  return load();
}

/** The texts that a page adds to those that are there from the start. */
export function textsOf(page: PageName): readonly Section[] {
  // Quota is told by the page of accounts and by the drawer of one of them.
  const shared: readonly Section[] = page === 'credentials' ? ['things'] : [];
  return hasTexts(page) ? [...shared, page] : [];
}

export function questionsOf(view: View): readonly Question<Path>[] {
  return questions[view.page]?.(view) ?? [];
}
