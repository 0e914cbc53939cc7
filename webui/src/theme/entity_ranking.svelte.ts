/**
 * Who gets which colour: the ranking by cost of everything there ever was. Call it while a component is set up, for the
 * dimension that it draws; it is asked once, and after the figures that somebody waits for.
 */
import { untrack } from 'svelte';
import { live } from '~/api/live.svelte.ts';
import { query } from '~/api/query.svelte.ts';
import type { Dimension } from '~/view/types.ts';
import { rank } from './entity_color.svelte.ts';

/** More than have a colour of their own. */
const RANKED = '50';

export function rankEntities(dimension: () => Dimension | null): void {
  const ranking = query(() => {
    const by = dimension();
    if (by === null || !live.settled) return null;
    const params: [string, string][] = [
      ['range', 'all'],
      ['by', by],
      // What failed costs next to nothing.
      ['sort', by === 'error_class' ? '-requests' : '-cost_nanos'],
      ['limit', RANKED],
    ];
    return { path: 'breakdown', params, live: false };
  });

  // It is not refreshed with the figures, but must not be missing because it failed once.
  $effect(() => {
    if (ranking.state === 'failed' && live.state === 'live') untrack(ranking.retry);
  });

  $effect(() => {
    const { data } = ranking;
    if (data === null || data.by !== dimension()) return;
    rank(
      data.by as Dimension,
      data.rows.map((row) => row.group.id),
    );
  });
}
