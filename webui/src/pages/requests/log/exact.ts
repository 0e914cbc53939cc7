/** What stands behind the figures of a row, to the last digit. */
import type { EventRow } from '~/api/types.ts';
import { durationExact, exact, moneyExact } from '~/format/index.ts';
import { t } from '~/i18n/index.svelte.ts';
import { uncached } from '../event.ts';
import { isUncounted, NUMBERS, type NumberColumn } from '../numbers.ts';

/** What a figure of a row is exactly, or why there is none; null where there is no more to say. */
export function explained(event: EventRow, id: NumberColumn): string | null {
  if (NUMBERS[id].tokens && isUncounted(event)) return t('requests.no_tokens');
  switch (id) {
    case 'input':
      return t('requests.input.exact', {
        input: exact(event.input_tokens),
        uncached: exact(uncached(event)),
        read: exact(event.cache_read_tokens),
        write: exact(event.cache_write_tokens),
      });
    case 'output':
      return t('requests.output.exact', {
        output: exact(event.output_tokens),
        reasoning: exact(event.reasoning_tokens),
      });
    case 'cache_hit':
      return event.input_tokens === 0
        ? null
        : t('requests.cache.exact', {
            part: exact(event.cache_read_tokens),
            whole: exact(event.input_tokens),
          });
    case 'cost':
      if (event.cost_state === 'unpriced')
        return t(
          event.cost_marks.includes('tokens_unknown')
            ? 'requests.cost.mark.tokens_unknown'
            : 'requests.unpriced.text',
        );
      if (event.cost_state === 'unmetered') return t('requests.unmetered.text');
      if (isUncounted(event)) return t('requests.no_tokens');
      return `${moneyExact(event.cost_nanos)} ${t('requests.cost.at_api_prices')}`;
    case 'ttft':
      return event.ttft_ms === null ? t('requests.time.unseen') : durationExact(event.ttft_ms);
    case 'speed':
      return null;
    default:
      return t('requests.tokens.exact', { count: NUMBERS[id].of(event) ?? 0 });
  }
}

export function latencyExact(event: EventRow): string {
  const latency = durationExact(event.latency_ms);
  return event.ttft_ms === null
    ? t('requests.latency.exact_only', { latency })
    : t('requests.latency.exact', { latency, ttft: durationExact(event.ttft_ms) });
}
