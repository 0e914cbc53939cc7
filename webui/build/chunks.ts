import type { Rolldown } from 'vite';

/** The pages by their path below the base, and the modules that the shell imports for them. */
export const PAGES: Readonly<Record<string, string>> = {
  '': 'pages/overview/Overview.svelte',
  requests: 'pages/requests/Requests.svelte',
};

/** The module that everything begins with. */
export const MAIN = 'src/main.ts';

export const LOCALES = ['en', 'zh-CN', 'zh-TW'] as const;

export function chunksOf(bundle: Rolldown.OutputBundle): Rolldown.OutputChunk[] {
  return Object.values(bundle).filter((file) => file.type === 'chunk');
}

/** The chunk that holds a module, given by the end of its path. Throws when there is none. */
export function chunkOf(chunks: readonly Rolldown.OutputChunk[], module: string): Rolldown.OutputChunk {
  const found = chunks.find((chunk) => chunk.moduleIds.some((id) => id.endsWith(module)));
  if (found === undefined) throw new Error(`the build has no ${module}`);
  return found;
}

/** The files that hold the texts of a page in a language. */
export function textsOf(chunks: readonly Rolldown.OutputChunk[], page: string, locale: string): string[] {
  const own = `src/${page.slice(0, page.lastIndexOf('/'))}/messages.${locale}.ts`;
  const modules = [`src/i18n/start.${locale}.ts`, own];
  return [...new Set(modules.map((module) => chunkOf(chunks, module).fileName))];
}

/** Adds a chunk, everything it imports at once, and their styles. */
export function collect(
  chunk: Rolldown.OutputChunk,
  bundle: Rolldown.OutputBundle,
  names: Set<string>,
): Set<string> {
  if (names.has(chunk.fileName)) return names;
  names.add(chunk.fileName);
  for (const name of chunk.viteMetadata?.importedCss ?? []) names.add(name);
  for (const name of chunk.imports) {
    const next = bundle[name];
    if (next?.type === 'chunk') collect(next, bundle, names);
  }
  return names;
}
