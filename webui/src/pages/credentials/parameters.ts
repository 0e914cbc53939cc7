import { choice, thing, token } from '../../view/parameters.ts';

export const parameters = {
  /** Accounts that somebody signed in with, or keys of CPA's configuration. */
  kind: choice<'provider_key', null>('kind', ['provider_key'], null, { survives: true }),
  /** Only those that need somebody. */
  attention: choice<'needed', null>('attention', ['needed'], null),
  /** A column to sort the table by, `-` first for descending; nothing: the most urgent first. */
  sort: token('sort'),
  thing,
};
