/**
 * Texts of the interface, in the language of the person.
 *
 *     import { t } from '~/i18n/index.svelte.ts';
 *     t('shell.live.ago', { age: '4 s' })        // keys and their slots are typed
 *     pieces('overview.insight.cost')            // ['Cost is up ', {slot: 'change'}, …] to put links into a sentence
 *
 * `t` is reactive: used in markup or $derived it follows a change of language. Texts live beside their code, see catalog.ts.
 */
import { type Catalog, type MessageKey, type Section, section } from './catalog.ts';
import { type Locale, locale, settle } from './locale.svelte.ts';
import { type Filling, fill, formOf, type Message, type Piece, piecesOf, type Slots } from './message.ts';

export { LOCALE_NAMES, LOCALES, type Locale, locale } from './locale.svelte.ts';
export type { MessageKey, Piece };

type Params<K extends MessageKey> =
  Slots<Catalog[K]> extends never ? [] : [params: Readonly<Record<Slots<Catalog[K]>, Filling>>];

let messages = $state.raw<Readonly<Record<string, Message>>>({});
const sections = new Set<Section>();
/** The language that was asked for last. */
let wanted: Locale = locale.current;

/** Loads texts in the language in force. A page's texts load beside its code. */
export async function loadMessages(...names: readonly Section[]): Promise<void> {
  const missing = names.filter((name) => !sections.has(name));
  // A change of language that is under way takes these along.
  for (const name of missing) sections.add(name);
  try {
    for (;;) {
      const language = locale.current;
      const loaded = await Promise.all(missing.map((name) => section(name, language)));
      if (language !== locale.current) continue;
      if (missing.length > 0) messages = Object.assign({}, messages, ...loaded);
      return;
    }
  } catch (error) {
    for (const name of missing) sections.delete(name);
    throw error;
  }
}

/** Changes the language once all its texts that the page needs have arrived; until then the old one stays whole. */
export async function setLocale(next: Locale): Promise<void> {
  wanted = next;
  const loaded = new Map<Section, Readonly<Record<string, Message>>>();
  for (;;) {
    const missing = [...sections].filter((name) => !loaded.has(name));
    if (missing.length === 0) break;
    const texts = await Promise.all(missing.map((name) => section(name, next)));
    for (const [index, name] of missing.entries()) loaded.set(name, texts[index] ?? {});
  }
  if (wanted !== next) return;
  messages = Object.assign({}, ...loaded.values());
  settle(next);
  if (typeof document !== 'undefined') document.documentElement.lang = next;
}

/** The text of `key` with its slots filled. */
export function t<K extends MessageKey>(key: K, ...[params]: Params<K>): string {
  const fillings: Readonly<Record<string, Filling>> = params ?? {};
  return fill(formOf(messages[key] ?? key, fillings['count'], locale.current), fillings, locale.current);
}

/** The text of `key` cut at its slots; `count` chooses a plural form. */
export function pieces(key: MessageKey, count?: number): Piece[] {
  return piecesOf(formOf(messages[key] ?? key, count, locale.current));
}

/** The text of a key without slots, for keys that are put together; see `isMessage`. */
export function plain(key: MessageKey): string {
  return formOf(messages[key] ?? key, undefined, locale.current);
}

/** The text of a key that is put together, with its slots filled; null where one of them has no filling. */
export function filled(key: MessageKey, params: Readonly<Record<string, Filling>>): string | null {
  const text = formOf(messages[key] ?? key, params['count'], locale.current);
  const missing = piecesOf(text).some(
    (piece) => typeof piece !== 'string' && params[piece.slot] === undefined,
  );
  return missing ? null : fill(text, params, locale.current);
}

/** Whether `key` is one of ours: for keys that are put together from a name the server sent. */
export function isMessage(key: string): key is MessageKey {
  return Object.hasOwn(messages, key);
}
