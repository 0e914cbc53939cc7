import { choice, granularity, group, text, thing } from '../../view/parameters.ts';

/** Which groups the list shows. */
export const SHOWN = ['all', 'now', 'stopped'] as const;
export type Shown = (typeof SHOWN)[number];

export const parameters = {
  granularity,
  group,
  /** Which groups the list shows. */
  state: choice<Shown, Shown>('state', SHOWN, 'all', { survives: true }),
  /** The group that is unfolded, `rate_limited:429:6`. */
  failure: text('failure'),
  thing,
};
