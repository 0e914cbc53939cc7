/**
 * Value axes: a domain that starts at zero and ends on a tick, and few, round ticks.
 *
 * d3's ticks are decimal. Milliseconds are read as seconds, minutes and hours, so durations have
 * their own ladder of steps; counts never get a tick between two whole numbers; rates end at 1.
 */
import { tickStep } from 'd3-array';

export type Quantity = 'count' | 'money' | 'duration' | 'rate';

export interface ValueAxis {
  /** Pixels from the top. What lies beneath a logarithmic axis is drawn at its foot. */
  readonly scale: (value: number) => number;
  readonly ticks: readonly number[];
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** Steps of a duration axis in milliseconds, each readable as one figure. */
const DURATION_STEPS = [
  1,
  2,
  5,
  10,
  20,
  50,
  100,
  200,
  500,
  SECOND,
  2 * SECOND,
  5 * SECOND,
  10 * SECOND,
  15 * SECOND,
  30 * SECOND,
  MINUTE,
  2 * MINUTE,
  5 * MINUTE,
  10 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  6 * HOUR,
  12 * HOUR,
  24 * HOUR,
] as const;
/** What an axis shows when there is nothing to show: one dollar, one request, one second, all. */
const EMPTY_DOMAIN: Record<Quantity, number> = { count: 4, money: 1e9, duration: SECOND, rate: 1 };

function stepFor(quantity: Quantity, top: number, count: number): number {
  if (quantity === 'duration') {
    const wanted = top / count;
    return DURATION_STEPS.find((step) => step >= wanted) ?? tickStep(0, top, count);
  }
  const step = tickStep(0, top, count);
  return quantity === 'count' ? Math.max(1, Math.ceil(step)) : step;
}

/** Ticks as text: cents that are zero on every tick are left out. */
export function tickTexts(ticks: readonly number[], text: (value: number) => string): string[] {
  const texts = ticks.map(text);
  const round = texts.every((one) => !one.includes('.') || one.endsWith('.00'));
  return round ? texts.map((one) => one.replace(/\.00$/, '')) : texts;
}

/**
 * @param maximum the greatest value to be drawn, in the API's unit
 * @param height  pixels of the plot; ticks are about 48 px apart
 */
export function valueAxis(maximum: number, height: number, quantity: Quantity): ValueAxis {
  const known = Number.isFinite(maximum) && maximum > 0 ? maximum : EMPTY_DOMAIN[quantity];
  const count = Math.max(2, Math.min(6, Math.round(height / 48)));
  const step = stepFor(quantity, known, count);
  // A value just above a tick gets the next tick; floating point must not add a whole step.
  let last = Math.max(1, Math.ceil(known / step - 1e-9));
  if (quantity === 'rate') last = Math.min(last, Math.round(1 / step));
  const ticks = Array.from({ length: last + 1 }, (_, index) => Number((index * step).toPrecision(12)));
  const top = ticks[last] ?? known;
  return { scale: (value) => height * (1 - value / top), ticks };
}

/** Times that differ by more than this are read on a logarithmic axis: on a linear one the quick half lies on the ground. */
const FAR_APART = 8;
const LOG_STEPS = DURATION_STEPS.filter((step) => ![15 * SECOND, 15 * MINUTE].includes(step));

/** An axis of times from the quickest to the slowest that is drawn; logarithmic where they are far apart, else from zero. */
export function durationAxis(values: Iterable<number>, height: number): ValueAxis {
  const known = [...values].filter((value) => value > 0);
  const [least, most] = [Math.min(...known), Math.max(...known)];
  if (known.length === 0 || most / least < FAR_APART)
    return valueAxis(Math.max(0, ...known), height, 'duration');
  const from = LOG_STEPS.findLast((step) => step <= least) ?? least;
  const to = LOG_STEPS.find((step) => step >= most) ?? most;
  const all = [...new Set([from, ...LOG_STEPS.filter((step) => step > from && step < to), to])];
  const log = (value: number): number =>
    height * (1 - Math.log(Math.min(Math.max(value, from), to) / from) / Math.log(to / from));
  const ticks: number[] = [];
  for (const tick of all) {
    // The top has a figure, and none comes too close to it or to the one below.
    const apart = (other: number | undefined): boolean =>
      other === undefined || Math.abs(log(tick) - log(other)) >= 26;
    if (tick === to || (apart(ticks.at(-1)) && apart(to))) ticks.push(tick);
  }
  return { scale: log, ticks };
}
