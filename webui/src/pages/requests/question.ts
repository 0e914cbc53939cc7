/** What the page asks: the log itself, and the figures above it. */
import type { Params } from '~/api/client.ts';
import { filterParams, rangeParams } from '~/view/address.ts';
import { BOUNDS, type View } from '~/view/types.ts';
import { NEWEST, orderOf, orderText } from './columns.ts';

/** Everything that decides which rows the log has, and in which order. */
export function logParams(view: View): Params {
  const bounds = BOUNDS.flatMap((bound): [string, string][] => {
    const value = view.bounds[bound];
    return value === undefined ? [] : [[bound, String(value)]];
  });
  const order = orderOf(view.sort);
  return [
    ...rangeParams(view.range),
    ...filterParams(view.filters),
    ...bounds,
    ...(view.q === '' ? [] : [['q', view.q] as const]),
    ['sort', orderText(order) ?? `-${NEWEST.by}`],
  ];
}

/** Totals of the same requests; null where only the log itself can tell, because it is searched or limited. */
export function totalParams(view: View): Params | null {
  if (view.q !== '' || BOUNDS.some((bound) => view.bounds[bound] !== undefined)) return null;
  return [...rangeParams(view.range), ...filterParams(view.filters)];
}
