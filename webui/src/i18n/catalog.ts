/**
 * Where texts come from. Each part of the interface keeps its own, beside its code, in three files
 * `messages.en.ts`, `messages.zh-CN.ts` and `messages.zh-TW.ts`. English is the source of the keys: the other two are
 * checked against its type. What is seen first is loaded as one file (`start.*.ts`); every other page brings its own.
 *
 * To add a page: write its three files, name it in `Catalog` and `Section` below.
 */
import type charts from '~/charts/messages.en.ts';
import type overview from '~/pages/overview/messages.en.ts';
import type requests from '~/pages/requests/messages.en.ts';
import type { Locale } from './locale.svelte.ts';
import type { Message } from './message.ts';
import type shell from './messages.en.ts';

export type Catalog = typeof shell & typeof charts & typeof overview & typeof requests;
export type MessageKey = keyof Catalog & string;

/** What a translation must hold: every key of the English one, plural forms wherever the language has them. */
export type Translation<English> = { readonly [Key in keyof English]: Message };

export type Section = 'start' | 'requests';

type Loader = () => Promise<{ default: Readonly<Record<string, Message>> }>;

const files = {
  ...import.meta.glob('./start.*.ts'),
  ...import.meta.glob(['../pages/*/messages.*.ts', '!../pages/overview/*']),
} as Record<string, Loader>;

/** Loads the texts of one part in one language. */
export async function section(name: Section, locale: Locale): Promise<Readonly<Record<string, Message>>> {
  const path = name === 'start' ? `./start.${locale}.ts` : `../pages/${name}/messages.${locale}.ts`;
  const load = files[path];
  if (load === undefined) throw new Error(`no texts at ${path}`);
  return (await load()).default;
}
