import type { Plugin } from 'vite';
import { chunkOf, chunksOf, collect, localesOf, MAIN, pagesOf, textsOf } from './chunks.ts';

const SLOT = 'data-preload="{}"';

/**
 * Tells index.html what the opened page will import once its code runs, so that the browser fetches that with the rest
 * instead of two round trips later: by the page's path, `{"requests": {"code": [files], "en": [files], …}}`.
 */
export function preloadManifest(): Plugin {
  return {
    name: 'preload-manifest',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(html, { bundle = {} }) {
        const chunks = chunksOf(bundle);
        const first = collect(chunkOf(chunks, MAIN), bundle, new Set());
        const files: Record<string, Record<string, string[]>> = {};
        for (const [path, module] of pagesOf(chunks)) {
          const needed = [...collect(chunkOf(chunks, module), bundle, new Set())];
          const texts = localesOf(chunks).map((locale) => [locale, textsOf(chunks, module, locale)] as const);
          files[path] = { code: needed.filter((name) => !first.has(name)), ...Object.fromEntries(texts) };
        }
        if (!html.includes(SLOT)) throw new Error(`index.html has no ${SLOT}`);
        return html.replace(SLOT, `data-preload='${JSON.stringify(files)}'`);
      },
    },
  };
}
