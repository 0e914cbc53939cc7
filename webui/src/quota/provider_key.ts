/** How an entry of CPA's configuration is told: where it sends requests, and which models it serves. */
import type { ProviderKey, QuotaAccount } from '~/api/types.ts';
import { exact } from '~/format/index.ts';
import { t } from '~/i18n/index.svelte.ts';
import { planText } from './text.ts';

const COMPATIBLE = 'openai-compatibility';

/** `claude · team/`: whose it is, and what clients write before its models. */
export function entryText(account: QuotaAccount): string {
  const key = account.provider_key;
  // Such a provider is called by its own name already.
  const provider = key?.listed_in === COMPATIBLE ? t('provider.compatible') : planText(account);
  return [provider, key?.prefix && `${key.prefix}/`].filter(Boolean).join(' · ');
}

/** `api.deepseek.com/v1`. What is not encrypted on its way keeps its `http://`. */
export function addressText({ base_url: url }: ProviderKey): string {
  return url === '' ? t('provider.address.usual') : url.replace(/^https:\/\//, '').replace(/\/$/, '');
}

/** `priority 5 · weight 2`; empty where CPA treats it as any other. */
export function rankText({ priority, weight }: ProviderKey): string {
  return [
    priority === null ? '' : t('provider.priority', { number: exact(priority) }),
    weight === null ? '' : t('provider.weight', { number: exact(weight) }),
  ]
    .filter(Boolean)
    .join(' · ');
}

/** What clients call the first of its models; without a list it serves all that its provider has. */
export function modelsText({ models }: ProviderKey): string {
  return models.length === 0 ? t('provider.models.all') : models.map(({ alias }) => alias).join(', ');
}

/** `27 models · without *-preview`. */
export function modelsNote({ models_total: count, excluded_models: excluded }: ProviderKey): string {
  return [
    count === 0 ? '' : t('provider.models.count', { count }),
    excluded.length === 0 ? '' : t('provider.models.without', { models: excluded.join(', ') }),
  ]
    .filter(Boolean)
    .join(' · ');
}
