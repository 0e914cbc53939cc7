import { describe, expect, it } from 'vitest';
import { checked, draftOf, emptyStep, fieldOf } from './form.ts';
import { checkedRule, emptyRule } from './rule_form.ts';

const filled = () => {
  const draft = draftOf(null, '2026-11-03T00:00');
  draft.rates.input = '0.60';
  draft.rates.output = '2,40';
  return draft;
};

describe('a version', () => {
  it('costs for reading and writing what input costs, unless said otherwise', () => {
    const { body } = checked('own', filled(), 'Asia/Shanghai');
    expect(body?.rates).toEqual({
      input: 0.6,
      output: 2.4,
      cache_read: 0.6,
      cache_write: 0.6,
      cache_write_1h: null,
      image: null,
    });
    expect(body?.effective_from).toBe('2026-11-03T00:00:00+08:00');
    expect(checked('own', { ...filled(), begins: '' }, 'UTC').body?.effective_from).toBeNull();
  });

  it('says which field is wrong', () => {
    const draft = filled();
    draft.rates.input = '';
    draft.rates.output = 'ten';
    draft.rates.cache_read = '0.0000001';
    draft.rates.cache_write = '2000000';
    draft.steps = [
      { ...emptyStep(), above: '200000', input: '1', output: '2' },
      { ...emptyStep(), above: '200000', input: '1', output: '-2' },
    ];
    expect(checked('own', draft, 'UTC').errors).toEqual({
      input: 'required',
      output: 'number',
      cache_read: 'decimals',
      cache_write: 'great',
      'context_tiers[1].above': 'rising',
      'context_tiers[1].output': 'number',
    });
  });

  it('has the same names for fields as the API', () => {
    expect(fieldOf('rates.input')).toBe('input');
    expect(fieldOf('context_tiers[0].rates.output')).toBe('context_tiers[0].output');
    expect(fieldOf('effective_from')).toBe('effective_from');
  });
});

describe('a rule', () => {
  it('holds always where nothing else is said, else on its days and hours', () => {
    const draft = { ...emptyRule(), value: '4', multiplier: '0.8' };
    expect(checkedRule('m', draft, 'UTC').body).toMatchObject({
      model: 'm',
      value: '4',
      multiplier: 0.8,
      hours: null,
    });
    const some = { ...draft, own: false, from: '08:30', weekdays: [5, 1] };
    expect(checkedRule('m', some, 'UTC').body).toMatchObject({
      model: '',
      hours: { start: 30_600, end: 86_400, weekdays: [1, 5] },
    });
  });

  it('says which field is wrong', () => {
    const draft = {
      ...emptyRule(),
      begins: '2026-12-01T00:00',
      ends: '2026-12-01T00:00',
      from: '09:00',
      until: '08:00',
    };
    expect(checkedRule('m', { ...draft, weekdays: [] }, 'UTC').errors).toEqual({
      value: 'required',
      multiplier: 'required',
      effective_until: 'rising',
      hours: 'rising',
      weekdays: 'required',
    });
  });
});
