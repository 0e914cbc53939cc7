import { describe, expect, it } from 'vitest';
import { nextByKey, nextByLetter } from './roving_focus.ts';

const all = ['Overview', 'Requests', 'Reload'].map((textContent) => ({ textContent }) as HTMLElement);
const [overview, requests, reload] = all as [HTMLElement, HTMLElement, HTMLElement];

describe('arrow keys among equals', () => {
  it('move on and back, around the ends', () => {
    expect(nextByKey('ArrowDown', all, overview)).toBe(requests);
    expect(nextByKey('ArrowDown', all, reload)).toBe(overview);
    expect(nextByKey('ArrowUp', all, overview)).toBe(reload);
    expect(nextByKey('ArrowUp', all, null)).toBe(reload);
  });

  it('jump to the ends, and follow the axis they lie on', () => {
    expect(nextByKey('Home', all, reload)).toBe(overview);
    expect(nextByKey('End', all, overview)).toBe(reload);
    expect(nextByKey('ArrowRight', all, overview, 'horizontal')).toBe(requests);
    expect(nextByKey('ArrowRight', all, overview)).toBeNull();
    expect(nextByKey('ArrowDown', [], null)).toBeNull();
  });

  it('leave letters to look for names, one after the other', () => {
    expect(nextByLetter('r', all, overview)).toBe(requests);
    expect(nextByLetter('R', all, requests)).toBe(reload);
    expect(nextByLetter('r', all, reload)).toBe(requests);
    expect(nextByLetter('x', all, overview)).toBeNull();
  });
});
