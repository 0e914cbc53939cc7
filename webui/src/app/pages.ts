import type { Component } from 'svelte';
import type { Section } from '~/i18n/catalog.ts';
import type { PageName } from '~/view/types.ts';

/** A page of the dashboard: its code and its texts are loaded when it is first opened, never before. */
export interface Page {
  readonly component: () => Promise<{ default: Component }>;
  readonly messages: readonly Section[];
}

/** Pages by the name they have in the address. */
export const pages: Readonly<Record<PageName, Page>> = {
  overview: { component: () => import('~/pages/overview/Overview.svelte'), messages: ['charts', 'overview'] },
  requests: { component: () => import('~/pages/requests/Requests.svelte'), messages: ['charts', 'requests'] },
};
