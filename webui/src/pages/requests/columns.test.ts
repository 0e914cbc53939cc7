import { describe, expect, it } from 'vitest';
import {
  clicked,
  columnsOf,
  messageRun,
  NEWEST,
  orderOf,
  orderText,
  PRESET_NAMES,
  PRESETS,
  presetColumns,
  presetOf,
  toggled,
} from './columns.ts';

const ids = (chosen: readonly string[] | null) => columnsOf(chosen).map(({ id }) => id);

describe('columns', () => {
  it('are those of the default preset when the view names none', () => {
    expect(ids(null)).toEqual(PRESETS.default);
    expect(presetOf(null)).toBe('default');
  });

  it('are those of every preset by its name, and stand in one order', () => {
    for (const name of PRESET_NAMES) {
      expect(ids([name])).toEqual(PRESETS[name]);
      expect(presetOf([name])).toBe(name);
      expect(ids([...PRESETS[name]].reverse())).toEqual(PRESETS[name]);
    }
  });

  it('always begin with the time', () => {
    expect(ids(['cost', 'model'])).toEqual(['time', 'model', 'cost']);
  });

  it('fall back to the default where an address names only what is not known', () => {
    expect(ids(['colour', 'smell'])).toEqual(PRESETS.default);
    expect(presetOf(['colour'])).toBe('default');
  });

  it('can be chosen one by one, and a choice that is a preset is called by its name', () => {
    const without = toggled(columnsOf(null), 'cost');
    expect(without).toEqual(PRESETS.default.filter((id) => id !== 'cost'));
    expect(presetOf(without)).toBeNull();
    expect(toggled(columnsOf(without), 'cost')).toBeNull();
    expect(toggled(columnsOf(PRESETS.timing.slice(1)), 'speed')).not.toEqual(['timing']);
    expect(toggled(columnsOf(PRESETS.timing.filter((id) => id !== 'speed')), 'speed')).toEqual(['timing']);
    expect(presetColumns('default')).toBeNull();
  });
});

describe('order', () => {
  it('is newest first unless the view says otherwise', () => {
    expect(orderOf(null)).toEqual(NEWEST);
    expect(orderOf('colour')).toEqual(NEWEST);
    expect(orderText(NEWEST)).toBeNull();
  });

  it('survives the way through an address', () => {
    for (const text of ['occurred_at', '-cost_nanos', 'cost_nanos', '-latency_ms'])
      expect(orderText(orderOf(text))).toBe(text);
  });

  it('is the largest first at the first click on a header, then the smallest', () => {
    const once = clicked(NEWEST, 'cost_nanos');
    expect(once).toEqual({ by: 'cost_nanos', descending: true });
    expect(clicked(once, 'cost_nanos')).toEqual({ by: 'cost_nanos', descending: false });
    expect(clicked(NEWEST, 'occurred_at')).toEqual({ by: 'occurred_at', descending: false });
  });
});

describe('messageRun', () => {
  it('is the longest run of token columns', () => {
    expect(messageRun(columnsOf(null))).toEqual({ at: 5, length: 3 });
    expect(messageRun(columnsOf(['uncached', 'input', 'cache_hit', 'cost']))).toEqual({ at: 1, length: 3 });
  });

  it('is none where there is no room or the text has a column of its own', () => {
    expect(messageRun(columnsOf(['model', 'output', 'cost']))).toBeNull();
    expect(messageRun(columnsOf(['message', 'input', 'output']))).toBeNull();
  });
});
