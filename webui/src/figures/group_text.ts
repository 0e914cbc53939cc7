/** What a group of the chart or a row of the table is called. */
import { isMessage, plain, t } from '~/i18n/index.svelte.ts';
import type { Dimension } from '~/view/types.ts';

export function groupText(
  dimension: Dimension,
  group: { readonly id: string; readonly label: string },
): string {
  if (group.id === '' || group.label.trim() === '') return t('value.empty');
  const key = `${dimension}.${group.id}`;
  // Closed sets have words of their own; everything else is called what the API calls it.
  return (dimension === 'result' || dimension === 'error_class') && isMessage(key) ? plain(key) : group.label;
}
