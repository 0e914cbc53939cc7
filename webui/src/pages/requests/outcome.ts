/** How a request ended, in a word and in a sentence. */
import type { EventRow } from '~/api/types.ts';
import { isMessage, type MessageKey, t } from '~/i18n/index.svelte.ts';

export type Tone = 'good' | 'warn' | 'bad';

export interface Outcome {
  readonly tone: Tone;
  /** `200`, `429`; empty where there was no answer. */
  readonly code: string;
  /** `Rate limited`, `Unmetered`; empty where the code says it all. */
  readonly word: string;
  /** What that means; null where nothing needs to be said. */
  readonly sentence: string | null;
}

export function outcome(event: EventRow): Outcome {
  const code = event.status_code > 0 ? String(event.status_code) : '';
  if (event.result === 'failed') {
    const name = event.error_class ?? 'unknown';
    const word = named(`error_class.${name}`, name);
    const sentence = named(`failure.${name}`, '');
    return { tone: 'bad', code, word, sentence: sentence === '' ? null : sentence };
  }
  if (event.cost_state === 'unmetered')
    return { tone: 'warn', code, word: t('requests.unmetered'), sentence: t('requests.unmetered.text') };
  return { tone: 'good', code, word: code === '' ? t('result.succeeded') : '', sentence: null };
}

/** Why a request failed, in a word and as the upstream said it; either may be empty. */
export function reason(event: EventRow): { readonly word: string; readonly said: string } {
  if (event.result !== 'failed') return { word: '', said: event.error_message ?? '' };
  return { word: outcome(event).word, said: event.error_message ?? '' };
}

/** The text of a key that is put together from a name the server sent, or `otherwise`. */
export function named(key: string, otherwise: string): string {
  return isMessage(key) ? (t as (key: MessageKey) => string)(key) : otherwise;
}
