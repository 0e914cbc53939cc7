import { gzipSync } from 'node:zlib';
import type { Plugin, Rolldown } from 'vite';

/** What a first visit may transfer: page, scripts and styles, gzipped, until a page stands. Bytes. */
const LIMIT = 180_000;

/** The pages whose first visit is weighed, by the modules that App loads for them. */
const PAGES = ['pages/overview/Overview.svelte', 'pages/requests/Requests.svelte'];

/** The texts that come along, in the language that has most of them. */
const TEXTS = /\/messages\.(en|zh-CN|zh-TW)\.ts$/;

/** Fails the build when a first visit became heavier than it may be, and says what it weighs otherwise. */
export function budget(): Plugin {
  return {
    name: 'budget',
    apply: 'build',
    writeBundle(_, bundle) {
      const chunks = Object.values(bundle).filter((file) => file.type === 'chunk');
      const entry = chunks.find((chunk) => chunk.isEntry);
      if (entry === undefined) throw new Error('the build has no entry');
      for (const page of PAGES) {
        const root = chunks.find((chunk) => chunk.facadeModuleId?.endsWith(page));
        if (root === undefined) throw new Error(`the build has no ${page}`);
        const names = new Set<string>(['index.html']);
        collect(entry, bundle, names);
        collect(root, bundle, names);
        const folders = ['src/i18n', 'src/charts', page.slice(0, page.lastIndexOf('/'))];
        for (const name of heaviestTexts(chunks, folders)) names.add(name);
        const weight = [...names].reduce((sum, name) => sum + weigh(bundle[name]), 0);
        const text = `${page}: ${(weight / 1000).toFixed(1)} kB of ${LIMIT / 1000} kB gzipped in ${names.size} files`;
        if (weight > LIMIT) this.error(text);
        else console.info(text);
      }
    },
  };
}

/** A chunk, everything it imports at once, and their styles. */
function collect(chunk: Rolldown.OutputChunk, bundle: Rolldown.OutputBundle, names: Set<string>): void {
  if (names.has(chunk.fileName)) return;
  names.add(chunk.fileName);
  for (const name of chunk.viteMetadata?.importedCss ?? []) names.add(name);
  for (const name of chunk.imports) {
    const next = bundle[name];
    if (next?.type === 'chunk') collect(next, bundle, names);
  }
}

/** The texts of each folder, in the language in which they are heaviest. */
function heaviestTexts(chunks: readonly Rolldown.OutputChunk[], folders: readonly string[]): string[] {
  return folders.flatMap((folder) => {
    const texts = chunks.filter(
      ({ facadeModuleId: id }) => id && TEXTS.test(id) && id.includes(`${folder}/`),
    );
    const heaviest = texts.sort((a, b) => weigh(b) - weigh(a))[0];
    return heaviest ? [heaviest.fileName] : [];
  });
}

function weigh(file: Rolldown.OutputBundle[string] | undefined): number {
  if (file === undefined) return 0;
  return gzipSync(file.type === 'chunk' ? file.code : file.source, { level: 9 }).length;
}
