/** Pieces of the sentences that views open with. */
import type { Change } from '~/format/index.ts';
import { t } from '~/i18n/index.svelte.ts';

/** `244M tokens, down 11%.`; without the change where there is none to tell. */
export function tokensText(amount: string, by: Change | null): string {
  if (by === null || by.direction === 'same') return t('analysis.tokens.first', { amount });
  return t(`analysis.tokens.first.${by.direction}`, { amount, change: by.text });
}

/** `▲ 22%` in words: `up 22%`. */
export function inWords(by: Change | null): string {
  if (by === null || by.direction === 'same') return '';
  return t(`analysis.${by.direction}`, { change: by.text });
}
