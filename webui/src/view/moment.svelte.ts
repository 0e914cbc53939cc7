import { zone } from '~/api/zone.svelte.ts';
import type { Moment } from './ranges.ts';

/** Now, in the server's zone: what ranges are reckoned from. */
export function thisMoment(): Moment {
  return { now: Date.now(), zone: zone.name };
}
