/**
 * The widths at which the layout changes, in CSS pixels; a test holds the styles to them. `phone.current` is the one way
 * for code to know that the page is on a phone; it is reactive.
 */
import { MediaQuery } from 'svelte/reactivity';

export const BREAKPOINTS = {
  /** A phone: one column, tabs at the bottom, sheets instead of popovers. */
  phone: 760,
  /** A tablet upright: no second column. */
  narrow: 900,
  /** A chart's head has two rows. */
  medium: 1000,
  /** A page has one column. */
  tight: 1180,
  /** The bar's names become a menu, a chart's notes are short. */
  large: 1240,
  /** The filter button becomes an icon, the bar's names stand closer. */
  desk: 1360,
  /** The search button has its word, the range its dates. */
  wide: 1600,
} as const;

let query: MediaQuery | undefined;

export const phone = {
  get current(): boolean {
    query ??= new MediaQuery(`max-width: ${BREAKPOINTS.phone}px`);
    return query.current;
  },
};
