import { granularity, group, token } from '../../view/parameters.ts';

export const parameters = {
  granularity,
  group,
  /** What the main chart measures. */
  metric: token('metric', { survives: true }),
  /** What the table below it is of. */
  tab: token('tab', { survives: true }),
  /** A column to sort the table by, `-` first for descending. */
  sort: token('sort'),
};
