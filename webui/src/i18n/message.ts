/**
 * What a text of the interface is, and how its slots are filled. A message is a string with `{slots}`, or plural forms
 * chosen by the slot `count` through Intl.PluralRules:
 *
 *     'rows.new': { one: '{count} new request', other: '{count} new requests' },
 *
 * Numbers in slots are written the way the language writes them. Text is never HTML.
 */
export type PluralForms = { readonly other: string } & { readonly [form in Intl.LDMLPluralRule]?: string };
export type Message = string | PluralForms;

type SlotsIn<Text> = Text extends `${string}{${infer Slot}}${infer Rest}` ? Slot | SlotsIn<Rest> : never;

/** The names of the slots that a message has. */
export type Slots<M> = M extends string
  ? SlotsIn<M>
  : M extends { other: infer Other }
    ? SlotsIn<Other> | 'count'
    : never;

export type Filling = string | number;

/** One stretch of a message: text to show, or the name of a slot that the caller draws itself. */
export type Piece = string | { slot: string };

const SLOT = /\{([a-z_]+)\}/g;

/** The form of `message` for `count` in `language`. */
export function formOf(message: Message, count: Filling | undefined, language: string): string {
  if (typeof message === 'string') return message;
  const form = typeof count === 'number' ? new Intl.PluralRules(language).select(count) : 'other';
  return message[form] ?? message.other;
}

/** Fills every slot for which there is something; a slot without a filling stays visible, so that it is noticed. */
export function fill(text: string, params: Readonly<Record<string, Filling>>, language: string): string {
  return text.replace(SLOT, (whole, name: string) => {
    const value = params[name];
    if (value === undefined) return whole;
    return typeof value === 'number' ? new Intl.NumberFormat(language).format(value) : value;
  });
}

/** Cuts a text at its slots, so that a component can put links or marks in their places. */
export function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(SLOT)) {
    if (match.index > from) pieces.push(text.slice(from, match.index));
    pieces.push({ slot: match[1] ?? '' });
    from = match.index + match[0].length;
  }
  if (from < text.length) pieces.push(text.slice(from));
  return pieces;
}
