/** What there is for whoever signed in with a key, and what for everybody else. The server holds to it by itself. */
import { session } from '~/api/session.svelte.ts';
import { FIGURE_PAGES, PAGES, type PageName } from './state.ts';
import { DIMENSIONS, type Dimension, type Filter } from './types.ts';

/** A key's holder sees the requests of that key, on two pages. */
const HOLDER_PAGES: readonly PageName[] = ['key', 'requests'];
/** All of theirs are of one key, and the accounts behind CPA are not theirs to see. */
const FIXED: ReadonlySet<Dimension> = new Set(['api_key', 'credential']);

/** The pages of the bar. */
export function barPages(): readonly PageName[] {
  return session.isHolder ? HOLDER_PAGES : FIGURE_PAGES;
}

/** All that can be gone to. */
export function reachablePages(): readonly PageName[] {
  return session.isHolder ? HOLDER_PAGES : PAGES.filter((page) => page !== 'key');
}

/** What can be filtered and grouped by. */
export function openDimensions<D extends Dimension>(all: readonly D[]): readonly D[] {
  return session.isHolder ? all.filter((one) => !FIXED.has(one)) : all;
}

export function openFilters(filters: readonly Filter[]): readonly Filter[] {
  const open = openDimensions(DIMENSIONS);
  return filters.filter(({ dimension }) => open.includes(dimension));
}
