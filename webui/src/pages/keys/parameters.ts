import { granularity, thing, token } from '../../view/parameters.ts';

export const parameters = {
  granularity,
  /** What the chart measures. */
  metric: token('metric', { survives: true }),
  /** A column to sort the table by, `-` first for descending. */
  sort: token('sort'),
  thing,
};
