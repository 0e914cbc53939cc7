import { describe, expect, it } from 'vitest';
import { asTyped, instantsOf, stepped, typedRange } from './ranges.ts';
import type { Range } from './types.ts';

const SHANGHAI = { now: Date.parse('2026-11-24T19:00:00+08:00'), zone: 'Asia/Shanghai' };
const NEW_YORK = { now: Date.parse('2026-11-03T12:00:00-05:00'), zone: 'America/New_York' };

describe('a step back', () => {
  it.each<[Range, Range]>([
    [{ preset: '7d' }, { from: '2026-11-11', to: '2026-11-18' }],
    [{ preset: 'today' }, { preset: 'yesterday' }],
    [{ preset: 'yesterday' }, { from: '2026-11-22', to: '2026-11-23' }],
    [{ preset: 'this_week' }, { preset: 'last_week' }],
    [{ preset: 'this_month' }, { preset: 'last_month' }],
    [{ preset: 'last_month' }, { from: '2026-09-01', to: '2026-10-01' }],
    [
      { from: '2026-03-01', to: '2026-04-01' },
      { from: '2026-02-01', to: '2026-03-01' },
    ],
    [{ preset: '1h' }, { from: '2026-11-24T17:00:00+08:00', to: '2026-11-24T18:00:00+08:00' }],
    [
      { from: '2026-11-20T12:00:00+08:00', to: '2026-11-20T18:00:00+08:00' },
      { from: '2026-11-20T06:00:00+08:00', to: '2026-11-20T12:00:00+08:00' },
    ],
  ])('from %j leads to %j', (from, to) => {
    expect(stepped(from, -1, SHANGHAI)).toEqual(to);
  });

  it('keeps whole days when clocks change in between', () => {
    expect(stepped({ from: '2026-11-01', to: '2026-11-03' }, -1, NEW_YORK)).toEqual({
      from: '2026-10-30',
      to: '2026-11-01',
    });
  });

  it('does not exist from all of time', () => {
    expect(stepped({ preset: 'all' }, -1, SHANGHAI)).toBeNull();
  });
});

describe('a step forward', () => {
  it('undoes a step back, up to the preset it came from', () => {
    for (const preset of ['7d', '30d', 'today', 'this_week', 'this_month', '1h', '24h'] as const) {
      const back = stepped({ preset }, -1, SHANGHAI);
      expect(back && stepped(back, 1, SHANGHAI)).toEqual({ preset });
    }
  });

  it('does not lead into the future', () => {
    for (const preset of ['7d', 'today', 'this_week', 'this_month', '1h', 'all'] as const) {
      expect(stepped({ preset }, 1, SHANGHAI)).toBeNull();
    }
    expect(stepped({ from: '2026-11-20', to: '2026-12-01' }, 1, SHANGHAI)).toBeNull();
  });
});

describe('what is typed', () => {
  it('includes the last day', () => {
    expect(typedRange('2026-11-03', '2026-11-05', SHANGHAI)).toEqual({
      from: '2026-11-03',
      to: '2026-11-06',
    });
    expect(typedRange(' 2026-11-03', '2026-11-03 ', SHANGHAI)).toEqual({
      from: '2026-11-03',
      to: '2026-11-04',
    });
  });

  it('becomes the preset that means the same', () => {
    expect(typedRange('2026-11-18', '2026-11-24', SHANGHAI)).toEqual({ preset: '7d' });
  });

  it('may have times, which are exact', () => {
    expect(typedRange('2026-11-18 14:00', '2026-11-18 15:30', SHANGHAI)).toEqual({
      from: '2026-11-18T14:00:00+08:00',
      to: '2026-11-18T15:30:00+08:00',
    });
    expect(typedRange('2026-11-18 9:00', '2026-11-18', SHANGHAI)).toEqual({
      from: '2026-11-18T09:00:00+08:00',
      to: '2026-11-19T00:00:00+08:00',
    });
  });

  it('is refused with the reason', () => {
    expect(typedRange('yesterday', '2026-11-18', SHANGHAI)).toBe('invalid');
    expect(typedRange('2026-02-30', '2026-03-01', SHANGHAI)).toBe('invalid');
    expect(typedRange('2026-11-18 24:00', '2026-11-19', SHANGHAI)).toBe('invalid');
    expect(typedRange('2026-11-19', '2026-11-18', SHANGHAI)).toBe('backwards');
    expect(typedRange('2026-11-18 15:00', '2026-11-18 15:00', SHANGHAI)).toBe('backwards');
  });

  it('can be typed again from any range', () => {
    for (const range of [
      { preset: '7d' },
      { preset: 'last_month' },
      { from: '2026-01-03', to: '2026-01-09' },
    ] as const) {
      expect(typedRange(...asTyped(range, SHANGHAI), SHANGHAI)).toEqual(range);
    }
    const hours = { from: '2026-11-20T12:00:00+08:00', to: '2026-11-20T18:00:00+08:00' };
    expect(typedRange(...asTyped(hours, SHANGHAI), SHANGHAI)).toEqual(hours);
  });
});

describe('instants', () => {
  it('of days begin at local midnight', () => {
    expect(instantsOf({ preset: 'yesterday' }, SHANGHAI)).toEqual([
      Date.parse('2026-11-23T00:00:00+08:00'),
      Date.parse('2026-11-24T00:00:00+08:00'),
    ]);
  });

  it('of a rolling range end now, those of all time nowhere', () => {
    expect(instantsOf({ preset: '15m' }, SHANGHAI)).toEqual([SHANGHAI.now - 900_000, SHANGHAI.now]);
    expect(instantsOf({ preset: 'all' }, SHANGHAI)).toBeNull();
  });
});
