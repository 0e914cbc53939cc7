/** Names of lines where they end, none over another. */
import { type Bands, middle } from './bands.ts';
import type { Series } from './series.ts';

export interface LineEnd {
  readonly id: string;
  readonly text: string;
  readonly color: string;
  /** The middle of the name, pixels from the top. */
  readonly y: number;
  /** From the end of the line to its name. */
  readonly lead: string;
}

/** Pixels from one name to the next. */
const LINE = 15;
/** Pixels of a letter, on average. */
const LETTER = 7;

/** @param room pixels for a name: longer ones are cut */
export function lineEnds(
  series: readonly Series[],
  band: Bands,
  y: (value: number) => number,
  height: number,
  room: number,
): LineEnd[] {
  const ends = series.flatMap((one) => {
    const last = one.values.findLastIndex((value) => value !== null);
    const value = one.values[last] ?? null;
    return value === null ? [] : [{ one, x: middle(band, last), at: y(value) }];
  });
  ends.sort((one, other) => one.at - other.at);
  const places = ends.map(({ at }) => at);
  // From the top down each makes room for the one above, then from the foot up for what was pushed out.
  for (let index = 1; index < places.length; index += 1)
    places[index] = Math.max(places[index] ?? 0, (places[index - 1] ?? 0) + LINE);
  let floor = height;
  for (let index = places.length - 1; index >= 0; index -= 1) {
    places[index] = Math.min(places[index] ?? 0, floor);
    floor = (places[index] ?? 0) - LINE;
  }
  const most = Math.max(1, Math.floor(room / LETTER));
  return ends.map(({ one, x, at }, index) => {
    const place = places[index] ?? at;
    const text = one.label.length > most ? `${[...one.label].slice(0, most - 1).join('')}…` : one.label;
    const lead = `M${Math.round(x + 4)} ${Math.round(at)}L${Math.round(band.width + 6)} ${Math.round(place)}`;
    return { id: one.id, text, color: one.color, y: place, lead };
  });
}
