/** Changes against a comparison, and whether they are good news. */
import { type Locale, locale } from '~/i18n/locale.svelte.ts';
import { decimal, percentSign, type Quantity, UNKNOWN } from './numbers.ts';

export type Direction = 'up' | 'down' | 'same';
export type Tone = 'good' | 'bad' | 'neutral';

export interface Change {
  /** `31%`, `2.1 pt`, `×12`, `new`; without sign or arrow. */
  readonly text: string;
  readonly direction: Direction;
  readonly tone: Tone;
}

/** What more of it means: more cost or latency is bad, more cache hits good, more requests neither. */
export type Polarity = 'more_is_good' | 'more_is_bad' | 'neutral';

/** How a quantity changed, relative to what it was; null where nothing can be said (nothing known, or nothing before). */
export function change(now: Quantity, before: Quantity, polarity: Polarity): Change | null {
  if (now == null || before == null || before === 0) return null;
  const ratio = (now - before) / Math.abs(before);
  const size = Math.abs(ratio);
  if (size < 0.0005) return { text: `0${percentSign()}`, direction: 'same', tone: 'neutral' };
  const text =
    size >= 10
      ? `×${decimal(now / before, 0)}`
      : `${decimal(size * 100, size < 0.0995 ? 1 : 0, true)}${percentSign()}`;
  return directed(text, ratio, polarity);
}

/** How a rate (0..1) changed, in percentage points. */
export function pointChange(now: Quantity, before: Quantity, polarity: Polarity): Change | null {
  if (now == null || before == null) return null;
  const points = (now - before) * 100;
  if (Math.abs(points) < 0.05) return { text: pointsText('0'), direction: 'same', tone: 'neutral' };
  return directed(
    pointsText(decimal(Math.abs(points), Math.abs(points) < 9.95 ? 1 : 0, true)),
    points,
    polarity,
  );
}

/** How each language counts percentage points. */
const POINTS: Record<Locale, string> = { en: 'pt', 'zh-CN': '个百分点', 'zh-TW': '個百分點' };

function pointsText(number: string): string {
  return `${number} ${POINTS[locale.current]}`;
}

/** `▲ 31%`: the direction as a shape, so that it does not rest on colour. */
export function changeText(one: Change | null): string {
  if (one === null) return UNKNOWN;
  return one.direction === 'same' ? one.text : `${one.direction === 'up' ? '▲' : '▼'} ${one.text}`;
}

function directed(text: string, by: number, polarity: Polarity): Change {
  const more = by > 0;
  const tone = polarity === 'neutral' ? 'neutral' : more === (polarity === 'more_is_good') ? 'good' : 'bad';
  return { text, direction: more ? 'up' : 'down', tone };
}
