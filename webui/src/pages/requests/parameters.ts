import { amounts, text, token, tokens } from '../../view/parameters.ts';
import { BOUNDS } from '../../view/types.ts';

export const parameters = {
  /** Limits on single requests. */
  bounds: amounts(BOUNDS, { narrows: true }),
  /** Text that requests are searched for. */
  q: text('q', { narrows: true }),
  /** A column to sort by, `-` first for descending. */
  sort: token('sort'),
  /** The request whose drawer is open. */
  open: token('open'),
  /** The columns of the table, in order, or the name of a preset as its only element. */
  columns: tokens('columns', { survives: true }),
};
