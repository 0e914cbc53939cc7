/**
 * One colour an entity, on every chart and page: `entityColor('model', id)` is a CSS colour.
 *
 * Places are handed out in the order of all time (entity_ranking.svelte.ts, the dearest first), nine hues, then the same
 * nine in a second, darker tone; whoever appears later takes the next place, so that neither filtering nor new traffic
 * repaints what already has a colour. The order is remembered in this browser (view/storage.ts): the first figures are
 * painted before the ranking of all time has been asked for. Grey is always "other".
 *
 * There are more entities than colours, so the nineteenth would look like the first. Where several stand beside each other
 * `entityColors` gives whoever comes later another colour that is free.
 */
import { untrack } from 'svelte';
import { readStored, store } from '~/view/storage.ts';
import type { Dimension } from '~/view/types.ts';

export const HUES = 9;
/** Two tones of each. */
export const COLORS = 2 * HUES;
const STORED = 'colors';
/** As many entities of one dimension as a browser remembers. */
const REMEMBERED = 200;

/** How much of its hue a second tone keeps, in percent. */
export const TONE = 70;

export const OTHER_COLOR = 'var(--series-other)';

type Places = Partial<Record<Dimension, readonly string[]>>;

/** Bumped when places change, so that markup that reads colours follows. */
let version = $state(0);
let places: Places = remembered();
const provisional = new Map<Dimension, string[]>();

/** The colour of an entity; null is "other". */
export function entityColor(dimension: Dimension, id: string | null | undefined): string {
  void version;
  if (id == null) return OTHER_COLOR;
  return colorAt(placeOf(dimension, id));
}

/**
 * The colours of entities that are drawn beside each other, no two alike as long as there are colours. Those of `first`
 * choose before `others`, so that a table beside a chart shows the chart's colours.
 */
export function entityColors(
  dimension: Dimension,
  first: readonly string[],
  others: readonly string[] = [],
): ReadonlyMap<string, string> {
  void version;
  const taken = new Set<number>();
  const found = new Map<string, string>();
  for (const ids of [first, others]) {
    const fresh = ids.filter((id) => !found.has(id));
    for (const [id, place] of fresh
      .map((id) => [id, placeOf(dimension, id)] as const)
      .sort(([, one], [, other]) => one - other)) {
      const color = freeColor(place % COLORS, taken);
      taken.add(color);
      found.set(id, colorAt(color));
    }
  }
  return found;
}

/** The wanted colour or the next that nobody has; the wanted one when all are taken. */
function freeColor(wanted: number, taken: ReadonlySet<number>): number {
  for (let step = 0; step < COLORS; step += 1) {
    const color = (wanted + step) % COLORS;
    if (!taken.has(color)) return color;
  }
  return wanted;
}

/** The colour of a place: nine hues, then nine darker ones. */
export function colorAt(place: number): string {
  const hue = `var(--series-${place % HUES})`;
  return Math.floor(place / HUES) % 2 === 0
    ? hue
    : `color-mix(in oklab, ${hue} ${TONE}%, var(--series-shade))`;
}

/** Takes note of the ranking of all time: who has no place yet gets the next one. */
export function rank(dimension: Dimension, ids: readonly string[]): void {
  const next = ranked(places[dimension] ?? [], ids);
  if (next === places[dimension]) return;
  places = { ...places, [dimension]: next };
  provisional.delete(dimension);
  // Whoever ranks in an effect must not be called again by it.
  version = untrack(() => version) + 1;
  store(STORED, JSON.stringify(places));
}

/** `known` with the new ones of `ids` behind it; `known` itself when there is nothing new, or no place left. */
export function ranked(known: readonly string[], ids: readonly string[]): readonly string[] {
  const places = new Set(known);
  const fresh = ids.filter((id) => !places.has(id)).slice(0, Math.max(0, REMEMBERED - known.length));
  return fresh.length === 0 ? known : [...known, ...fresh];
}

function placeOf(dimension: Dimension, id: string): number {
  const known = places[dimension] ?? [];
  const found = known.indexOf(id);
  if (found >= 0) return found;
  // Seen before the ranking was: places in the order of appearance, behind those that are known.
  let waiting = provisional.get(dimension);
  if (waiting === undefined) {
    waiting = [];
    provisional.set(dimension, waiting);
  }
  let at = waiting.indexOf(id);
  if (at < 0) at = waiting.push(id) - 1;
  return known.length + at;
}

function remembered(): Places {
  try {
    const found: unknown = JSON.parse(readStored(STORED) ?? '{}');
    if (typeof found !== 'object' || found === null) return {};
    return Object.fromEntries(
      Object.entries(found).flatMap(([dimension, ids]) =>
        Array.isArray(ids)
          ? [[dimension, ids.filter((id) => typeof id === 'string').slice(0, REMEMBERED)]]
          : [],
      ),
    );
  } catch {
    return {};
  }
}
