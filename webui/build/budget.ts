import { gzipSync } from 'node:zlib';
import type { Plugin, Rolldown } from 'vite';
import { chunkOf, chunksOf, collect, localesOf, MAIN, pagesOf, textsOf } from './chunks.ts';

/** What a first visit may transfer: page, scripts and styles, gzipped, until a page stands. Bytes. */
const LIMIT = 120_000;

/**
 * Fails the build when a first visit became heavier than it may be, and says what it weighs otherwise, in the language
 * whose texts weigh most.
 */
export function budget(): Plugin {
  return {
    name: 'budget',
    apply: 'build',
    writeBundle(_, bundle) {
      const chunks = chunksOf(bundle);
      for (const page of pagesOf(chunks).values()) {
        const names = new Set<string>(['index.html']);
        collect(chunkOf(chunks, MAIN), bundle, names);
        collect(chunkOf(chunks, page), bundle, names);
        const sum = (files: Iterable<string>): number =>
          [...files].reduce((total, name) => total + weigh(bundle[name]), 0);
        const texts = localesOf(chunks).map((locale) => textsOf(chunks, page, locale));
        const weight = sum(names) + Math.max(...texts.map(sum));
        const count = names.size + (texts[0]?.length ?? 0);
        const text = `${page}: ${(weight / 1000).toFixed(1)} kB of ${LIMIT / 1000} kB gzipped in ${count} files`;
        if (weight > LIMIT) this.error(text);
        else console.info(text);
      }
    },
  };
}

function weigh(file: Rolldown.OutputBundle[string] | undefined): number {
  if (file === undefined) return 0;
  return gzipSync(file.type === 'chunk' ? file.code : file.source, { level: 9 }).length;
}
