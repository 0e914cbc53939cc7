import { choice, text } from '../../view/parameters.ts';

/** Which models the table shows. */
export const SHOWN = ['used', 'unpriced', 'changing', 'manual', 'all'] as const;
export type Shown = (typeof SHOWN)[number];

export const parameters = {
  /** The model whose prices are open beside the table. */
  price: text('price'),
  /** Which models the table shows. */
  show: choice<Shown, Shown>('show', SHOWN, 'used', { survives: true }),
};
