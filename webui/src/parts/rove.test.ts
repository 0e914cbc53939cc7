import { describe, expect, it } from 'vitest';
import { moved, typed } from './rove.ts';

const all = ['Overview', 'Requests', 'Reload'].map((textContent) => ({ textContent }) as HTMLElement);
const [overview, requests, reload] = all as [HTMLElement, HTMLElement, HTMLElement];

describe('arrow keys among equals', () => {
  it('move on and back, around the ends', () => {
    expect(moved('ArrowDown', all, overview)).toBe(requests);
    expect(moved('ArrowDown', all, reload)).toBe(overview);
    expect(moved('ArrowUp', all, overview)).toBe(reload);
    expect(moved('ArrowUp', all, null)).toBe(reload);
  });

  it('jump to the ends, and follow the axis they lie on', () => {
    expect(moved('Home', all, reload)).toBe(overview);
    expect(moved('End', all, overview)).toBe(reload);
    expect(moved('ArrowRight', all, overview, 'horizontal')).toBe(requests);
    expect(moved('ArrowRight', all, overview)).toBeNull();
    expect(moved('ArrowDown', [], null)).toBeNull();
  });

  it('leave letters to look for names, one after the other', () => {
    expect(typed('r', all, overview)).toBe(requests);
    expect(typed('R', all, requests)).toBe(reload);
    expect(typed('r', all, reload)).toBe(requests);
    expect(typed('x', all, overview)).toBeNull();
  });
});
