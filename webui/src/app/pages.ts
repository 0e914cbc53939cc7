import type { Component } from 'svelte';

/** A page of the dashboard: loaded when it is first opened, never before. */
export interface Page {
  component: () => Promise<{ default: Component }>;
}

/** Pages that exist, by the name they have in the URL. */
export const pages = {
  overview: { component: () => import('~/pages/overview/Overview.svelte') },
  requests: { component: () => import('~/pages/requests/Requests.svelte') },
} as const satisfies Record<string, Page>;

export type PageName = keyof typeof pages;
