/**
 * What the drawer shows of each kind of thing. A kind is an entry here: by what its chart is cut, its four figures, and its
 * tabs, each a component that is loaded when it is first looked at and is given `TabProps`.
 */
import type { Component, Snippet } from 'svelte';
import type { QuotaAccount } from '~/api/types.ts';
import type { MessageKey } from '~/i18n/index.svelte.ts';
import type { Dimension, View } from '~/view/types.ts';
import type { FigureName } from './figures.ts';
import type { Thing } from './thing.ts';

export interface TabProps {
  readonly thing: Thing;
  /** The page's view narrowed to the thing: what every question of the tab is about. */
  readonly scope: View;
}

export interface Tab {
  readonly name: string;
  readonly label: MessageKey;
  readonly load: () => Promise<{ default: Component<TabProps> }>;
  /** Whether an account has something to tell there (null: CPA lists it no longer); without it each has. */
  readonly has?: (account: QuotaAccount | null) => boolean;
}

/** What stands in the drawer's head, below the name: a key's mask and name, an account's plan and state. */
export interface HeadProps {
  readonly thing: Thing;
  readonly children?: Snippet;
}

export interface Kind {
  readonly title: MessageKey;
  readonly cuts: readonly Dimension[];
  readonly figures: readonly FigureName[];
  readonly tabs: readonly Tab[];
  readonly head?: () => Promise<{ default: Component<HeadProps> }>;
}

const MODELS: Tab = {
  name: 'model',
  label: 'overview.tab.model',
  load: () => import('./tabs/Models.svelte'),
};
const KEYS: Tab = {
  name: 'api_key',
  label: 'overview.tab.api_key',
  load: () => import('./tabs/Keys.svelte'),
};
const CREDENTIALS: Tab = {
  name: 'credential',
  label: 'overview.tab.credential',
  load: () => import('./tabs/Credentials.svelte'),
};
const CLIENTS: Tab = {
  name: 'client',
  label: 'overview.tab.client',
  load: () => import('./tabs/Clients.svelte'),
};
const ERRORS: Tab = { name: 'errors', label: 'things.errors', load: () => import('./tabs/Errors.svelte') };
const REQUESTS: Tab = {
  name: 'requests',
  label: 'things.requests',
  load: () => import('./tabs/Requests.svelte'),
};

const QUOTA: Tab = {
  name: 'quota',
  label: 'quota.title',
  load: () => import('./tabs/Quota.svelte'),
  has: (account) => account?.kind !== 'provider_key' || account.windows.length > 0,
};
const ENTRY: Tab = {
  name: 'entry',
  label: 'provider.title',
  load: () => import('./tabs/Entry.svelte'),
  has: (account) => account?.provider_key != null,
};

/** Tabs that any kind can have. */
export const TABS = { MODELS, KEYS, CREDENTIALS, CLIENTS, ERRORS, REQUESTS, QUOTA, ENTRY };

export const KINDS: Partial<Record<Dimension, Kind>> = {
  api_key: {
    title: 'things.api_key',
    cuts: ['model', 'credential', 'client'],
    figures: ['cost', 'requests', 'tokens', 'success'],
    tabs: [MODELS, CLIENTS, CREDENTIALS, ERRORS, REQUESTS],
    head: () => import('./KeyHead.svelte'),
  },
  credential: {
    title: 'things.credential',
    cuts: ['model', 'api_key', 'client'],
    figures: ['requests', 'tokens', 'cost', 'success'],
    tabs: [
      QUOTA,
      { ...KEYS, label: 'quota.usage' },
      { ...ERRORS, load: () => import('./tabs/CredentialErrors.svelte') },
      REQUESTS,
      MODELS,
      ENTRY,
    ],
    head: () => import('./CredentialHead.svelte'),
  },
  model: {
    title: 'things.model',
    cuts: ['api_key', 'credential', 'client'],
    figures: ['cost', 'requests', 'latency', 'success'],
    tabs: [KEYS, CREDENTIALS, CLIENTS, ERRORS, REQUESTS],
  },
};
