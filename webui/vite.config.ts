import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';
import { budget } from './build/budget.ts';
import { precompress } from './build/precompress.ts';
import { preloadManifest } from './build/preload.ts';

/** The daemon that answers `/api/v1` while `npm run dev` serves the sources. */
const QUERYD = process.env['QUERYD_URL'] ?? 'http://127.0.0.1:8080';

export default defineConfig({
  // Assets are asked for relative to the document's base, which queryd sets to APP_BASE_PATH.
  base: './',
  plugins: [svelte(), preloadManifest(), budget(), precompress()],
  // The runes of tests are those of a browser, not of a server that renders.
  resolve: {
    ...(process.env['VITEST'] ? { conditions: ['browser'] } : {}),
    alias: { '~': fileURLToPath(new URL('./src', import.meta.url)) },
  },
  build: {
    target: 'es2022',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0, // a data: URL would need a hole in the content security policy
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        // A request costs a small machine more than its bytes do: what every page needs is one file.
        codeSplitting: {
          groups: [
            {
              name: 'shell',
              test: /node_modules\/(?:svelte|esm-env|clsx)\/|src\/(?:api|app|format|i18n\/(?!start|messages)|main|components|theme|view)|src\/charts\/(?:series|timeaxis|wall_time)|src\/shell\/(?:keys|notice)|src\/things\/(?:thing|list)|src\/figures\/(?!chart_export)\w+\.ts/,
            },
            {
              // The main chart, which most pages have.
              name: 'figures',
              test: /src\/figures\/\w+\.svelte|src\/charts\/(?:Bars|Legend|Lines|Plot|TimeAxis|Tooltip|ValueAxis|bands|crosshair|line_ends|scale|stack)/,
            },
          ],
        },
      },
    },
  },
  server: { proxy: { '/api': QUERYD } },
  test: {
    include: ['src/**/*.test.ts', 'build/**/*.test.ts'],
    environment: './build/node_client.ts',
    restoreMocks: true,
  },
});
