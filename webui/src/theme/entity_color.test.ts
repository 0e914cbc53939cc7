import { beforeEach, describe, expect, it, vi } from 'vitest';

type Module = typeof import('./entity_color.svelte.ts');

/** A browser that remembers, as a page that is loaded anew finds it. */
const kept = new Map<string, string>();

async function page(): Promise<Module> {
  vi.resetModules();
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  });
  return import('./entity_color.svelte.ts');
}

const RANKING = Array.from({ length: 12 }, (_, index) => `m${index}`);

beforeEach(() => kept.clear());

describe('the colour of an entity', () => {
  it('follows the ranking of all time', async () => {
    const { entityColor, rank } = await page();
    rank('model', RANKING);
    expect(entityColor('model', 'm0')).toBe('var(--series-0)');
    expect(entityColor('model', 'm8')).toBe('var(--series-8)');
  });

  it('repeats a hue only in another tone', async () => {
    const { entityColor, rank } = await page();
    rank('model', RANKING);
    expect(entityColor('model', 'm9')).toBe('color-mix(in oklab, var(--series-0) 62%, var(--text))');
    const colours = RANKING.map((id) => entityColor('model', id));
    expect(new Set(colours).size).toBe(RANKING.length);
  });

  it('is grey for the others', async () => {
    const { entityColor } = await page();
    expect(entityColor('model', null)).toBe('var(--series-other)');
  });

  it('stays when the ranking changes and when others appear', async () => {
    const { entityColor, rank } = await page();
    rank('model', ['a', 'b']);
    rank('model', ['c', 'b', 'a']);
    expect(['a', 'b', 'c'].map((id) => entityColor('model', id))).toEqual([
      'var(--series-0)',
      'var(--series-1)',
      'var(--series-2)',
    ]);
  });

  it('is given to as many as are remembered, and a ranking of more comes to rest', async () => {
    const { ranked } = await page();
    const many = Array.from({ length: 500 }, (_, index) => `c${index}`);
    const known = ranked([], many);
    expect(known).toEqual(many.slice(0, 200));
    expect(ranked(known, many)).toBe(known);
  });

  it('is there before the ranking is, and the same for as long as it is not', async () => {
    const { entityColor } = await page();
    expect(entityColor('model', 'x')).toBe('var(--series-0)');
    expect(entityColor('model', 'y')).toBe('var(--series-1)');
    expect(entityColor('model', 'x')).toBe('var(--series-0)');
  });

  it('is remembered for the next visit, before anything is asked', async () => {
    (await page()).rank('model', ['a', 'b', 'c']);
    const { entityColor } = await page();
    expect(entityColor('model', 'c')).toBe('var(--series-2)');
    expect(entityColor('model', 'new')).toBe('var(--series-3)');
  });

  it('survives a memory that was tampered with', async () => {
    kept.set('keeper.places', '{"model": "all of them", "client": [1, "x"]}');
    const { entityColor } = await page();
    expect(entityColor('model', 'a')).toBe('var(--series-0)');
    expect(entityColor('client', 'x')).toBe('var(--series-0)');
    kept.set('keeper.places', '{{{');
    expect((await page()).entityColor('model', 'a')).toBe('var(--series-0)');
  });
});
