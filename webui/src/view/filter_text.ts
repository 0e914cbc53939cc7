import { isMessage, plain, t } from '~/i18n/index.svelte.ts';
import { labelOf } from './labels.svelte.ts';
import type { Dimension, Filter } from './types.ts';

/** What a dimension is called. */
export function dimensionText(dimension: Dimension): string {
  return t(`dimension.${dimension}`);
}

/** What a value is called: its label as an answer gave it, and the words for what is a closed set. */
export function valueText(dimension: Dimension, value: string): string {
  if (value === '') return t('value.empty');
  const key = `${dimension}.${value}`;
  return (dimension === 'result' || dimension === 'error_class') && isMessage(key)
    ? plain(key)
    : labelOf(dimension, value);
}

/** `Model is claude-opus-4-6, gpt-5.4`. */
export function filterText(filter: Filter): string {
  const values = filter.values.map((value) => valueText(filter.dimension, value)).join(', ');
  return t(filter.negated ? 'filter.is_not' : 'filter.is', {
    dimension: dimensionText(filter.dimension),
    values,
  });
}
