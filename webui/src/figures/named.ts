/** What people give names to. */
import type { Dimension } from '~/view/types.ts';

export type Named = 'api_key' | 'credential';

export function isNamed(dimension: Dimension): dimension is Named {
  return dimension === 'api_key' || dimension === 'credential';
}
