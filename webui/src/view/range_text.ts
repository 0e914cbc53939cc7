import { zone } from '~/api/zone.svelte.ts';
import { clock, daySpan, span } from '~/format/index.ts';
import { t } from '~/i18n/index.svelte.ts';
import { isDate } from './calendar.ts';
import { thisMoment } from './moment.svelte.ts';
import { instantsOf, rollingMs } from './ranges.ts';
import type { Range } from './types.ts';

/** What a range is called: its preset's name, or its dates. */
export function rangeText(range: Range): string {
  return 'preset' in range ? t(`range.${range.preset}`) : covered(range);
}

/** The dates or times that a preset covers now, `18 – 24 Nov`; empty while they are not known or say nothing new. */
export function coveredText(range: Range): string {
  if (!zone.known || !('preset' in range) || range.preset === 'all') return '';
  const length = rollingMs(range.preset);
  const instants = instantsOf(range, thisMoment());
  if (instants === null) return '';
  if (length !== null) return length <= 43_200_000 ? `${clock(instants[0])} – ${clock(instants[1])}` : '';
  return daySpan(...instants);
}

function covered(range: Range): string {
  const instants = instantsOf(range, thisMoment());
  if (instants === null) return t('range.all');
  return 'from' in range && isDate(range.from) ? daySpan(...instants) : span(...instants);
}
