import { describe, expect, it } from 'vitest';
import { nearEnd, OVERSCAN, revealing, type Sight, stretch, topOf } from './window.ts';

const sight = (scrollTop: number, viewport = 720, row = 36): Sight => ({ scrollTop, viewport, row });

describe('stretch', () => {
  it('draws what is in sight and a little below at the top', () => {
    expect(stretch(sight(0), 1_000)).toEqual({ from: 0, to: 20 + OVERSCAN, above: 0, below: 970 * 36 });
  });

  it('keeps the whole height whatever is scrolled to', () => {
    for (let scrollTop = -50; scrollTop < 37_000; scrollTop += 17) {
      const { from, to, above, below } = stretch(sight(scrollTop), 1_000);
      expect(above + (to - from) * 36 + below).toBe(36_000);
    }
  });

  it('always covers what is in sight', () => {
    for (let scrollTop = 0; scrollTop <= 36_000 - 720; scrollTop += 13) {
      const { from, to } = stretch(sight(scrollTop), 1_000);
      expect(from * 36).toBeLessThanOrEqual(scrollTop);
      expect(to * 36).toBeGreaterThanOrEqual(scrollTop + 720);
    }
  });

  it('shows the end of a list that became shorter than what was scrolled to', () => {
    const { from, to } = stretch(sight(30_000), 30);
    expect(to).toBe(30);
    expect(from).toBeLessThanOrEqual(10);
  });

  it('draws all of a list that is shorter than the screen', () => {
    expect(stretch(sight(0), 3)).toEqual({ from: 0, to: 3, above: 0, below: 0 });
  });

  it('draws nothing of nothing, and nothing before heights are known', () => {
    expect(stretch(sight(0), 0)).toEqual({ from: 0, to: 0, above: 0, below: 0 });
    expect(stretch(sight(0, 0, 0), 100)).toEqual({ from: 0, to: 0, above: 0, below: 0 });
  });

  it('begins at even rows', () => {
    for (let row = 0; row < 200; row += 1) expect(stretch(sight(row * 36), 1_000).from % 2).toBe(0);
  });
});

describe('revealing', () => {
  it('does not move for a row in sight', () => {
    expect(revealing(sight(100), 5)).toBe(100);
  });

  it('scrolls up to a row above and down to a row below, no further than needed', () => {
    expect(revealing(sight(1_000), 10)).toBe(360);
    expect(revealing(sight(0), 20)).toBe(21 * 36 - 720);
  });
});

describe('nearEnd', () => {
  it('asks for more two screens ahead', () => {
    expect(nearEnd(sight(0), 100)).toBe(false);
    expect(nearEnd(sight(100 * 36 - 3 * 720 + 1), 100)).toBe(true);
    expect(nearEnd(sight(0), 20)).toBe(true);
  });
});

describe('a list with dividers', () => {
  const days = [0, 120, 121, 480, 900];
  const with28 = (scrollTop: number): Sight => ({ scrollTop, viewport: 720, row: 36, divider: 28 });
  const height = 1_000 * 36 - days.length * 8;

  it('keeps its whole height and covers what is in sight, wherever it is scrolled to', () => {
    for (let scrollTop = 0; scrollTop <= height - 720; scrollTop += 17) {
      const sight = with28(scrollTop);
      const { from, to, above, below } = stretch(sight, 1_000, days);
      expect(above).toBe(topOf(sight, from, days));
      expect(topOf(sight, to, days) + below).toBe(height);
      expect(above).toBeLessThanOrEqual(scrollTop);
      expect(topOf(sight, to, days)).toBeGreaterThanOrEqual(scrollTop + 720);
    }
  });

  it('brings a row out from under the divider that sticks', () => {
    const sight = with28(topOf(with28(0), 500, days));
    expect(revealing(sight, 500, days, 28)).toBe(sight.scrollTop - 28);
    expect(revealing(sight, 505, days, 28)).toBe(sight.scrollTop);
  });
});
