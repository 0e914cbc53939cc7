/**
 * A thing: a key, a model or an account of which the drawer tells everything. The address holds it as `thing=api_key:4`,
 * on every page that declares the parameter, so that any list can open it: `view.href({ thing: thingText(…) })`.
 */
import { DIMENSIONS, type Dimension } from '~/view/types.ts';

export interface Thing {
  readonly dimension: Dimension;
  readonly id: string;
}

/** `api_key:4`, as the address holds it. */
export function thingText(dimension: Dimension, id: string): string {
  return `${dimension}:${id}`;
}

/** The opposite; null for what is no thing. */
export function thingOf(text: string): Thing | null {
  const at = text.indexOf(':');
  const dimension = DIMENSIONS.find((one) => one === text.slice(0, Math.max(at, 0)));
  const id = text.slice(at + 1);
  return dimension === undefined || id === '' ? null : { dimension, id };
}
