import { describe, expect, it } from 'vitest';
import { floatPosition } from './float_position.ts';

const WINDOW = { width: 1000, height: 800 };
const anchor = (left: number, top: number) => ({ left, top, width: 100, height: 30 });

describe('floatPosition', () => {
  it('puts the box below its anchor, flush with its start', () => {
    expect(floatPosition(anchor(200, 100), { width: 300, height: 200 }, WINDOW)).toMatchObject({
      left: 200,
      top: 136,
    });
  });

  it('aligns the end or the middle of the box with the anchor', () => {
    expect(floatPosition(anchor(500, 100), { width: 300, height: 200 }, WINDOW, 'bottom', 'end').left).toBe(
      300,
    );
    expect(
      floatPosition(anchor(500, 100), { width: 300, height: 200 }, WINDOW, 'bottom', 'center').left,
    ).toBe(400);
  });

  it('turns over where there is no room below', () => {
    expect(floatPosition(anchor(200, 700), { width: 300, height: 200 }, WINDOW).top).toBe(700 - 6 - 200);
  });

  it('stays on the roomier side and says how high the box may be when it fits on neither', () => {
    const position = floatPosition(anchor(200, 300), { width: 300, height: 2000 }, WINDOW);
    expect(position).toEqual({ left: 200, top: 336, room: 800 - 330 - 14 });
  });

  it('never leaves the window sideways', () => {
    expect(floatPosition(anchor(950, 100), { width: 300, height: 200 }, WINDOW).left).toBe(1000 - 300 - 8);
    expect(floatPosition(anchor(-50, 100), { width: 300, height: 200 }, WINDOW).left).toBe(8);
  });
});
