import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { constants, gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

const COMPRESSIBLE = /\.(?:css|html|js|json|svg)$/;

/** Writes `name.gz` beside every text file of the build, so that queryd never compresses at request time. */
export function precompress(): Plugin {
  let directory = 'dist';
  return {
    name: 'precompress',
    apply: 'build',
    configResolved(config) {
      directory = config.build.outDir;
    },
    async closeBundle() {
      for (const name of await readdir(directory, { recursive: true })) {
        const path = join(directory, name);
        if (COMPRESSIBLE.test(name) && (await stat(path)).isFile()) {
          await writeFile(
            `${path}.gz`,
            gzipSync(await readFile(path), { level: constants.Z_BEST_COMPRESSION }),
          );
        }
      }
    },
  };
}
