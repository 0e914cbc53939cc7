/** Groups of failures that fail now, whatever the page is filtered to. */
import { t } from '~/i18n/index.svelte.ts';
import type { Badge } from '~/shell/attention.svelte.ts';

export const badge: Badge<'errors'> = {
  // What fails now failed within a quarter of an hour: no more needs to be looked at.
  question: {
    path: 'errors',
    params: [
      ['range', '15m'],
      ['limit', '1'],
    ],
  },
  read: ({ failing_now: count }) => ({ count, label: t('attention.errors', { count }) }),
};
