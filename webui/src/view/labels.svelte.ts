/**
 * What ids are called. Ids of keys and credentials are opaque; every answer that names one teaches its label here, so that
 * a filter chip can say "team-a" where the address says 3.
 */
import { SvelteMap } from 'svelte/reactivity';
import type { Dimension } from './types.ts';

const KEPT = 2_000;
const labels = new SvelteMap<string, string>();

const keyOf = (dimension: Dimension, id: string): string => `${dimension} ${id}`;

/** The label of an id; the id itself until an answer has named it. */
export function labelOf(dimension: Dimension, id: string): string {
  return labels.get(keyOf(dimension, id)) ?? id;
}

export function learnLabels(
  dimension: Dimension,
  named: Iterable<{ id: string; label: string } | null>,
): void {
  for (const one of named) {
    if (one === null || one.id === one.label) continue;
    const key = keyOf(dimension, one.id);
    if (labels.size < KEPT || labels.has(key)) labels.set(key, one.label);
  }
}
