import type { Component } from 'svelte';
import type { Question } from '~/api/query.svelte.ts';
import type { Path } from '~/api/types.ts';
import type { Section } from '~/i18n/catalog.ts';
import { firstQuestions } from '~/pages/overview/questions.ts';
import type { PageName, View } from '~/view/types.ts';

/** A page of the dashboard: its code and its texts are loaded when it is first opened, never before. */
export interface Page {
  readonly component: () => Promise<{ default: Component }>;
  /** The texts it adds to those that are there from the start. */
  readonly messages: readonly Section[];
  /** What it asks when it is opened: on a first visit the server answers while the page's code is still on its way. */
  readonly questions?: (view: View) => readonly Question<Path>[];
}

/** Pages by the name they have in the address. */
export const pages: Readonly<Record<PageName, Page>> = {
  overview: {
    component: () => import('~/pages/overview/Overview.svelte'),
    messages: [],
    questions: firstQuestions,
  },
  requests: { component: () => import('~/pages/requests/Requests.svelte'), messages: ['requests'] },
};
