import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { contrast, luminance, oklab } from './contrast.ts';
import { COLORS, HUES, TONE } from './entity_color.svelte.ts';

// A path and not `new URL(…)`: the bundler would take that for an asset of the page.
const css = readFileSync(`${import.meta.dirname}/../styles/tokens.css`, 'utf8');

/** The colours that a rule of tokens.css sets, by name. */
function tokens(selector: string): Record<string, string> {
  const start = css.indexOf(`${selector} {`);
  const rule = css.slice(start, css.indexOf('\n}', start));
  return Object.fromEntries(
    [...rule.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6});/g)].map(([, name, value]) => [name, value]),
  );
}

const themes = { light: tokens(':root'), dark: tokens('[data-theme="dark"]') };

const GROUNDS = ['canvas', 'surface', 'raised', 'hover', 'raised-hover'];
const SERIES = Array.from({ length: HUES }, (_, hue) => `series-${hue}`);

/** As the chart draws by default. */
const SIX = 6;

type Lab = [number, number, number];

const apart = (one: Lab, other: Lab): number =>
  Math.hypot(...one.map((value, axis) => value - (other[axis] ?? 0)));

/** Every two of them, and how far apart. */
function pairs(colours: readonly (readonly [string, Lab])[]): [string, number][] {
  return colours.flatMap(([name, lab], index) =>
    colours
      .slice(index + 1)
      .map(([other, there]): [string, number] => [`${name} and ${other}`, apart(lab, there)]),
  );
}

/** Text on what it stands on: 4.5 to 1. */
const TEXT: [string, string[]][] = [
  ['text', [...GROUNDS, 'empty', 'accent-soft']],
  ['muted', [...GROUNDS, 'empty']],
  ['faint', ['canvas', 'surface', 'raised', 'hover', 'raised-hover']],
  ['accent', [...GROUNDS, 'accent-soft']],
  ['on-accent', ['accent']],
  ['good', [...GROUNDS, 'good-soft']],
  ['warn', [...GROUNDS, 'warn-soft']],
  ['bad', [...GROUNDS, 'bad-soft']],
  ['text', ['heat-1', 'heat-2']],
  ['on-heat-3', ['heat-3']],
  ['on-heat-4', ['heat-4']],
  ['on-heat-5', ['heat-5']],
];

/** Graphics and the borders of fields on what they stand on: 3 to 1. */
const GRAPHICS: [string, string[]][] = [
  ['control', ['surface', 'raised', 'canvas']],
  ...[...SERIES, 'series-other'].map((name): [string, string[]] => [name, ['surface']]),
  ['gauge', ['surface', 'empty']],
  ['heat-5', ['surface']],
  ['heat-good-4', ['surface']],
  ['heat-bad-3', ['surface']],
];

describe.each(Object.entries(themes))('in the %s theme', (_, theme) => {
  const of = (name: string): string => theme[name] ?? `no token ${name}`;

  it.each(TEXT)('%s can be read wherever it stands', (name, grounds) => {
    for (const ground of grounds) {
      expect(contrast(of(name), of(ground)), `${name} on ${ground}`).toBeGreaterThanOrEqual(4.5);
    }
  });

  it.each(GRAPHICS)('%s can be seen wherever it stands', (name, grounds) => {
    for (const ground of grounds) {
      expect(contrast(of(name), of(ground)), `${name} on ${ground}`).toBeGreaterThanOrEqual(3);
    }
  });

  /** The colours of series as colorAt gives them, the mixture reckoned where the browser reckons it. */
  const series = Array.from({ length: COLORS }, (_, place): [string, Lab] => {
    const hue = oklab(of(`series-${place % HUES}`));
    const shade = oklab(of('series-shade'));
    const mixed = hue.map((value, axis) => (value * TONE + (shade[axis] ?? 0) * (100 - TONE)) / 100) as Lab;
    return [`series ${place}`, place < HUES ? hue : mixed];
  });

  it('the six that a chart begins with cannot be taken for each other', () => {
    for (const [names, distance] of pairs(series.slice(0, SIX))) expect(distance, names).toBeGreaterThan(0.1);
  });

  it('no two of all colours, nor the grey of the others, are alike', () => {
    const all = [...series, ['others', oklab(of('series-other'))] as const];
    for (const [names, distance] of pairs(all)) expect(distance, names).toBeGreaterThan(0.055);
  });

  it('a second tone is darker than its hue', () => {
    for (let hue = 0; hue < HUES; hue += 1)
      expect(series[hue + HUES]?.[1][0], `hue ${hue}`).toBeLessThan((series[hue]?.[1][0] ?? 0) - 0.1);
  });

  it('a ramp leads away from the surface, step by step', () => {
    for (const [ramp, steps] of [
      ['heat', 5],
      ['heat-good', 4],
      ['heat-bad', 3],
    ] as const) {
      const against = Array.from({ length: steps }, (_, step) =>
        contrast(of(`${ramp}-${step + 1}`), of('surface')),
      );
      expect(against, ramp).toEqual([...against].sort((a, b) => a - b));
      for (const [step, value] of against.slice(1).entries())
        expect(value / (against[step] ?? 1)).toBeGreaterThan(1.15);
    }
  });

  it('nothing at all looks like less than a little', () => {
    expect(contrast(of('empty'), of('surface'))).toBeLessThan(contrast(of('heat-1'), of('surface')));
  });
});

describe('the themes', () => {
  it('set the same colours', () => {
    expect(Object.keys(themes.dark).sort()).toEqual(Object.keys(themes.light).sort());
  });

  it('are told apart by luminance', () => {
    expect(luminance(themes.light['surface'] ?? '')).toBe(1);
    expect(luminance(themes.dark['surface'] ?? '')).toBeLessThan(0.02);
  });
});

describe('contrast', () => {
  it('goes from 1 to 21 and does not care for order', () => {
    expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 5);
    expect(contrast('#777777', '#777777')).toBe(1);
    expect(contrast('#2f5fd0', '#ffffff')).toBe(contrast('#ffffff', '#2f5fd0'));
  });

  it('refuses what is not a colour', () => {
    expect(() => contrast('red', '#ffffff')).toThrow('not a colour: red');
  });
});
