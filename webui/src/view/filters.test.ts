import { describe, expect, it } from 'vitest';
import { excluded, flipped, narrowed, read, toggled, without, written } from './filters.ts';
import type { Filter } from './types.ts';

const IS: Filter = { dimension: 'model', negated: false, values: ['a', 'b'] };
const IS_NOT: Filter = { dimension: 'model', negated: true, values: ['c'] };
const OTHER: Filter = { dimension: 'client', negated: false, values: ['x'] };

describe('filters', () => {
  it('narrow to one value, whatever was chosen before', () => {
    expect(narrowed([IS, OTHER], 'model', 'z')).toEqual([{ ...IS, values: ['z'] }, OTHER]);
    expect(narrowed([IS_NOT], 'model', 'c')).toEqual([{ ...IS, values: ['c'] }]);
  });

  it('leave one value out, and no longer ask for it', () => {
    expect(excluded([IS], 'model', 'a')).toEqual([
      { ...IS, values: ['b'] },
      { ...IS_NOT, values: ['a'] },
    ]);
    expect(excluded([], 'model', 'a')).toEqual([{ ...IS_NOT, values: ['a'] }]);
  });

  it('take a value in and out again', () => {
    expect(toggled([IS], 'model', false, 'c')).toEqual([{ ...IS, values: ['a', 'b', 'c'] }]);
    expect(toggled([{ ...IS, values: ['a'] }, OTHER], 'model', false, 'a')).toEqual([OTHER]);
  });

  it('flip, joining what is already on the other side', () => {
    expect(flipped([IS], 'model', false)).toEqual([{ ...IS, negated: true }]);
    expect(flipped([IS, IS_NOT], 'model', true)).toEqual([{ ...IS, values: ['a', 'b', 'c'] }]);
  });

  it('go one by one', () => {
    expect(without([IS, IS_NOT, OTHER], 'model', true)).toEqual([IS, OTHER]);
  });

  it('never change the list they are given', () => {
    const list = Object.freeze([Object.freeze({ ...IS, values: Object.freeze(['a', 'b']) })]);
    expect(() => [
      narrowed(list, 'model', 'z'),
      excluded(list, 'model', 'a'),
      flipped(list, 'model', false),
    ]).not.toThrow();
  });
});

describe('a written value', () => {
  it.each(['plain', '!bang', '\\slash', '!', '\\', '!!', '\\!x', ''])('reads back: %s', (value) => {
    for (const negated of [true, false]) expect(read(written(value, negated))).toEqual({ value, negated });
  });
});
