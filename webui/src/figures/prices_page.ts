/** Where a price is set. */
import { session } from '~/api/session.svelte.ts';
import { view } from '~/view/view.svelte.ts';

/** The address of the page of prices; with one model that of its drawer. Null for whoever may not set one. */
export function pricesPage(models: readonly string[]): string | null {
  if (session.isHolder) return null;
  return view.href({ page: 'prices', price: models.length === 1 ? (models[0] ?? '') : '' });
}
