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
    expect(entityColor('model', 'm9')).toBe('color-mix(in oklab, var(--series-0) 70%, var(--series-shade))');
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
    kept.set('keeper/colors', '{"model": "all of them", "client": [1, "x"]}');
    const { entityColor } = await page();
    expect(entityColor('model', 'a')).toBe('var(--series-0)');
    expect(entityColor('client', 'x')).toBe('var(--series-0)');
    kept.set('keeper/colors', '{{{');
    expect((await page()).entityColor('model', 'a')).toBe('var(--series-0)');
  });

  it('is never shared by two that are drawn beside each other', async () => {
    const { COLORS, entityColors, rank } = await page();
    const many = Array.from({ length: 60 }, (_, index) => `m${index}`);
    rank('model', many);
    for (let from = 0; from < 40; from += 1) {
      const ids = many.filter((_, index) => index >= from && (index - from) % 3 === 0).slice(0, COLORS);
      expect(new Set(entityColors('model', ids).values()).size).toBe(ids.length);
    }
    // The nineteenth and the first are alike by place; whoever is dearer keeps the colour.
    const pair = entityColors('model', ['m18', 'm0']);
    expect(pair.get('m0')).toBe('var(--series-0)');
    expect(pair.get('m18')).toBe('var(--series-1)');
  });

  it('is the same in a table as in the chart beside it', async () => {
    const { entityColors, rank } = await page();
    rank(
      'model',
      Array.from({ length: 30 }, (_, index) => `m${index}`),
    );
    const chart = entityColors('model', ['m18', 'm19']);
    const table = entityColors('model', ['m18', 'm19'], ['m0', 'm1', 'm18']);
    for (const [id, color] of chart) expect(table.get(id)).toBe(color);
    expect(new Set(table.values()).size).toBe(4);
  });

  it('does not depend on the order in which the same are drawn', async () => {
    const { entityColors, rank } = await page();
    rank(
      'model',
      Array.from({ length: 30 }, (_, index) => `m${index}`),
    );
    const ids = ['m0', 'm18', 'm1', 'm27'];
    expect([...entityColors('model', ids)].sort()).toEqual(
      [...entityColors('model', ids.toReversed())].sort(),
    );
  });
});
