/**
 * What a view of the dashboard is: everything that decides what the screen shows and is not a taste of the person. It
 * lives in the URL (address.ts) and nowhere else. All pages share range, comparison and filters; the rest is what pages
 * declare (parameters.ts), at its initial value while one is on a page that does not declare it.
 */
import { type PageEntry, pages } from '../pages/pages.ts';
import type { Parameter } from './parameters.ts';
import type { Comparison, Filter, Range } from './types.ts';

export type PageName = keyof typeof pages;
export const PAGES = Object.keys(pages) as readonly PageName[];
/** Those that the bar and a phone's tabs lead to. */
export const FIGURE_PAGES = PAGES.filter((page) => !isApart(page) && page !== 'key');
/** What the bare address shows. */
export const FIRST_PAGE: PageName = 'overview';

/** Whether a page shows the installation, and so has no range and filters. */
export function isApart(page: PageName): boolean {
  const entry: PageEntry = pages[page];
  return entry.apart === true;
}

export interface SharedState {
  readonly page: PageName;
  readonly range: Range;
  readonly compare: Comparison;
  readonly filters: readonly Filter[];
  /** What the address has and we cannot read, as it was written, where the figures depend on it: `range=8d`. */
  readonly unreadable: readonly string[];
}

type Declared = (typeof pages)[PageName]['parameters'];
type ValuesOf<P> = { readonly [N in keyof P]: P[N] extends Parameter<infer T> ? T : never };
type Intersection<U> = (U extends unknown ? (one: U) => void : never) extends (all: infer A) => void
  ? A
  : never;

/** What the pages declare, together. */
export type PageState = Intersection<ValuesOf<Declared>>;
export type View = SharedState & { readonly [N in keyof PageState]: PageState[N] };

/** The declarations of a page, or of all pages under their names. */
export function parametersOf(page: PageName): [keyof PageState, Parameter<unknown>][] {
  return Object.entries(pages[page].parameters) as [keyof PageState, Parameter<unknown>][];
}

const initial = Object.fromEntries(
  PAGES.flatMap((page) => parametersOf(page).map(([name, { initial }]) => [name, initial])),
) as PageState;

export const DEFAULT_VIEW: View = {
  page: FIRST_PAGE,
  range: { preset: '7d' },
  compare: 'previous',
  filters: [],
  unreadable: [],
  ...initial,
};

/** What of a view is still there when one comes back to its page. */
export function survivorsOf(view: View): Partial<PageState> {
  return Object.fromEntries(
    parametersOf(view.page)
      .filter(([, parameter]) => parameter.survives)
      .map(([name]) => [name, view[name]]),
  ) as Partial<PageState>;
}

/**
 * `view` with `patch`, as `goto` would show it. A change of page drops what belongs to the page that is left unless the
 * patch names it, and brings `remembered`, what the other page looked like, back.
 */
export function patched(
  view: View,
  patch: Partial<View>,
  remembered: (page: PageName) => Partial<PageState> = () => ({}),
): View {
  const leaves = patch.page !== undefined && patch.page !== view.page;
  const own = leaves ? { ...initial, ...remembered(patch.page) } : {};
  const next = { ...view, unreadable: [], ...own, ...patch };
  return { ...next, ...initial, ...declaredOf(next) };
}

/** Of a view what its page declares. */
function declaredOf(view: View): Partial<PageState> {
  return Object.fromEntries(
    parametersOf(view.page).map(([name]) => [name, view[name]]),
  ) as Partial<PageState>;
}
