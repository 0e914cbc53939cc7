/**
 * One colour an entity, on every chart and page: `entityColor('model', id)` is a CSS colour.
 *
 * Places are handed out in the order of all time (`/filters?range=all`, most requests first), nine hues, then the same
 * nine in a second tone; whoever appears later takes the next place, so that neither filtering nor new traffic repaints
 * what already has a colour. The order is remembered in this browser (`keeper.places`): the first figures are painted
 * before the ranking of all time has been asked for. Grey is always "other".
 */
import { untrack } from 'svelte';
import type { Dimension } from '~/view/types.ts';

export const HUES = 9;
const PLACE = 'keeper.places';
/** As many entities of one dimension as a browser remembers. */
const REMEMBERED = 200;

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

/** The colour of a place: nine hues, then nine that lean towards the text colour and so keep their contrast. */
export function colorAt(place: number): string {
  const hue = `var(--series-${place % HUES})`;
  return Math.floor(place / HUES) % 2 === 0 ? hue : `color-mix(in oklab, ${hue} 62%, var(--text))`;
}

/** Takes note of the ranking of all time: who has no place yet gets the next one. */
export function rank(dimension: Dimension, ids: readonly string[]): void {
  const next = ranked(places[dimension] ?? [], ids);
  if (next === places[dimension]) return;
  places = { ...places, [dimension]: next };
  provisional.delete(dimension);
  // Whoever ranks in an effect must not be called again by it.
  version = untrack(() => version) + 1;
  try {
    localStorage.setItem(PLACE, JSON.stringify(places));
  } catch {
    // Without storage the order is learned again at the next visit.
  }
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
    const found: unknown = JSON.parse(localStorage.getItem(PLACE) ?? '{}');
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
