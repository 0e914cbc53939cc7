import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { contrast, luminance } from './contrast.ts';

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
const SERIES = Array.from({ length: 9 }, (_, hue) => `series-${hue}`);

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
];

/** Graphics and the borders of fields on what they stand on: 3 to 1. */
const GRAPHICS: [string, string[]][] = [
  ['control', ['surface', 'raised', 'canvas']],
  ...[...SERIES, 'series-other'].map((name): [string, string[]] => [name, ['surface']]),
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
