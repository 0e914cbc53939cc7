/**
 * The pages of the dashboard, in the order of the navigation: this entry and a folder make a page. In the folder are its
 * component, named like it (`overview/Overview.svelte`), its texts (`messages.*.ts`) and its `parameters.ts`; what it is
 * called stands in `i18n/messages.*.ts` as `page.<name>`. The first is what the bare address shows.
 */
import type { IconName } from '../components/icons.ts';
import type { Parameter } from '../view/parameters.ts';
import { parameters as analysis } from './analysis/parameters.ts';
import { parameters as credentials } from './credentials/parameters.ts';
import { parameters as errors } from './errors/parameters.ts';
import { parameters as key } from './key/parameters.ts';
import { parameters as keys } from './keys/parameters.ts';
import { parameters as overview } from './overview/parameters.ts';
import { parameters as prices } from './prices/parameters.ts';
import { parameters as requests } from './requests/parameters.ts';
import { parameters as status } from './status/parameters.ts';

export interface PageEntry {
  /** The key that goes there, after G. */
  readonly key: string;
  /** What stands for it among the tabs of a phone. */
  readonly icon: IconName;
  /** It shows the installation and no requests: it is not among the pages of the bar, and has no range and filters. */
  readonly apart?: boolean;
  /** What it keeps in the address. */
  // biome-ignore lint/suspicious/noExplicitAny: a parameter is both read and written, so no narrower type holds them all
  readonly parameters: Readonly<Record<string, Parameter<any>>>;
}

export const pages = {
  overview: { key: 'o', icon: 'home', parameters: overview },
  requests: { key: 'r', icon: 'list', parameters: requests },
  errors: { key: 'e', icon: 'warning', parameters: errors },
  credentials: { key: 'c', icon: 'user', parameters: credentials },
  keys: { key: 'k', icon: 'key', parameters: keys },
  analysis: { key: 'a', icon: 'chart', parameters: analysis },
  prices: { key: 'p', icon: 'tag', parameters: prices },
  status: { key: 's', icon: 'pulse', apart: true, parameters: status },
  /** Of whoever signed in with a key (view/holder.ts), in place of Overview. */
  key: { key: 'o', icon: 'home', parameters: key },
} as const satisfies Record<string, PageEntry>;
