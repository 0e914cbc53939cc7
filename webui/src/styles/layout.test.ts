/** Widths and layers are tokens: a style that has its own breaks the next one who moves them. */
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { BREAKPOINTS } from '../view/screen.svelte.ts';

const at = (name: string): URL => new URL(name, import.meta.url);
const root = fileURLToPath(at('..'));
const files = globSync('**/*.{svelte,css}', { cwd: root }).map((name) => {
  return [name, readFileSync(`${root}/${name}`, 'utf8')] as const;
});

it('the layout changes at the widths that there are names for', () => {
  const known = new Set<number>(Object.values(BREAKPOINTS));
  const others = files.flatMap(([name, text]) =>
    [...text.matchAll(/@media[^{]*?\((?:max|min)-width: (\d+)px\)/g)]
      .filter(([, width]) => !known.has(Number(width)))
      .map(([rule]) => `${name}: ${rule}`),
  );
  expect(others).toEqual([]);
});

it('what lies above what is said by names', () => {
  const numbers = files.flatMap(([name, text]) =>
    [...text.matchAll(/z-index: \d+/g)].map(([rule]) => `${name}: ${rule}`),
  );
  expect(numbers).toEqual([]);
});

it('code asks one place whether the page is on a phone', () => {
  const code = globSync('**/*.{svelte,ts}', { cwd: root }).filter((name) => !name.includes('.test.'));
  const asking = code.filter((name) =>
    /max-width: \d+px\)?['"`]/.test(readFileSync(`${root}/${name}`, 'utf8')),
  );
  expect(asking).toEqual([]);
});
