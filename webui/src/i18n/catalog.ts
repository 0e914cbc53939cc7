/**
 * Where texts come from. Each part of the interface keeps its own, beside its code, in three files
 * `messages.en.ts`, `messages.zh-CN.ts` and `messages.zh-TW.ts`. English is the source of the keys: the other two are
 * checked against its type. What is seen first is loaded as one file (`start.*.ts`); every other page brings its own.
 *
 * To add a page: write its three files and name it in `Catalog` below.
 */
import type charts from '~/charts/messages.en.ts';
import type analysis from '~/pages/analysis/messages.en.ts';
import type credentials from '~/pages/credentials/messages.en.ts';
import type errors from '~/pages/errors/messages.en.ts';
import type key from '~/pages/key/messages.en.ts';
import type keys from '~/pages/keys/messages.en.ts';
import type overview from '~/pages/overview/messages.en.ts';
import type prices from '~/pages/prices/messages.en.ts';
import type requests from '~/pages/requests/messages.en.ts';
import type status from '~/pages/status/messages.en.ts';
import type things from '~/things/messages.en.ts';
import type { PageName } from '~/view/state.ts';
import type { Locale } from './locale.svelte.ts';
import type { Message } from './message.ts';
import type shell from './messages.en.ts';

export type Catalog = typeof shell &
  typeof charts &
  typeof credentials &
  typeof key &
  typeof errors &
  typeof keys &
  typeof analysis &
  typeof overview &
  typeof things &
  typeof prices &
  typeof requests &
  typeof status;
export type MessageKey = keyof Catalog & string;

/** What a translation must hold: every key of the English one, plural forms wherever the language has them. */
export type Translation<English> = { readonly [Key in keyof English]: Message };

/** What is loaded together: what is there from the start, the drawer of things, and each page's own. */
export type Section = 'start' | 'things' | PageName;

type Loader = () => Promise<{ default: Readonly<Record<string, Message>> }>;

const files = {
  ...import.meta.glob('./start.*.ts'),
  ...import.meta.glob('../things/messages.*.ts'),
  ...import.meta.glob(['../pages/*/messages.*.ts', '!../pages/overview/*']),
} as Record<string, Loader>;

/** Whether a page has texts of its own, besides those that everybody loads. */
export function hasTexts(page: PageName): boolean {
  return Object.hasOwn(files, `../pages/${page}/messages.en.ts`);
}

/** Loads the texts of one part in one language. */
export async function section(name: Section, locale: Locale): Promise<Readonly<Record<string, Message>>> {
  const path = pathOf(name, locale);
  const load = files[path];
  if (load === undefined) throw new Error(`no texts at ${path}`);
  return (await load()).default;
}

function pathOf(name: Section, locale: Locale): string {
  if (name === 'start') return `./start.${locale}.ts`;
  return name === 'things' ? `../things/messages.${locale}.ts` : `../pages/${name}/messages.${locale}.ts`;
}
