/** How many accounts fail, or run dry before their reset: the number that the page's own filter has, too. */
import { t } from '~/i18n/index.svelte.ts';
import type { Badge } from '~/shell/attention.svelte.ts';

export const badge: Badge<'quota/attention'> = {
  question: { path: 'quota/attention' },
  read: ({ needs_attention: count }) => ({ count, label: t('attention.credentials', { count }) }),
};
