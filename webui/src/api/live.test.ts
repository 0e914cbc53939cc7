import { describe, expect, it } from 'vitest';
import { pause } from './live.svelte.ts';

describe('the pause between two rounds', () => {
  it('is five seconds while all goes well', () => {
    expect(pause(0, null)).toBe(5_000);
  });

  it('doubles with each failure in a row, up to a minute', () => {
    expect([1, 2, 3, 4, 40].map((failed) => pause(failed, null))).toEqual([
      10_000, 20_000, 40_000, 60_000, 60_000,
    ]);
  });

  it('is as long as the server asks for, within a minute', () => {
    expect([pause(0, 7_000), pause(0, 1_000), pause(1, 3_600_000)]).toEqual([7_000, 5_000, 60_000]);
  });
});
