import { beforeEach, describe, expect, it, vi } from 'vitest';
import { learnZone } from '~/api/zone.svelte.ts';
import { chooseEnglish, settle } from '~/i18n/locale.svelte.ts';
import * as f from './index.ts';

beforeEach(() => {
  settle('en');
  learnZone('Asia/Shanghai');
});

describe('what is not known', () => {
  it('is a dash in every form, never a zero', () => {
    const forms = [
      f.exact,
      f.compact,
      f.percent,
      f.share,
      f.bytes,
      f.money,
      f.moneyShort,
      f.moneyExact,
      f.perMillion,
    ];
    for (const form of [...forms, f.duration, f.durationExact, f.age]) {
      expect([form(null), form(undefined)]).toEqual(['–', '–']);
    }
    for (const form of [f.clock, f.day, f.dayClock, f.absolute, f.dayKey]) expect(form(null)).toBe('–');
    expect(f.absolute('not a time')).toBe('–');
    expect(f.relative(null, 0)).toBe('–');
  });
});

describe('what requests cost together', () => {
  it('is unknown, and not nothing, where none of them has a price', () => {
    expect(f.knownCost({ cost_nanos: 0, unpriced_requests: 3 })).toBeNull();
    expect(f.knownCost({ cost_nanos: 0, unpriced_requests: 0 })).toBe(0);
    expect(f.knownCost({ cost_nanos: 5, unpriced_requests: 3 })).toBe(5);
  });
});

describe('compact numbers', () => {
  it.each([
    [0, '0'],
    [0.44, '0.44'],
    [4.8, '4.8'],
    [48.26, '48.3'],
    [999, '999'],
    [999.4, '999'],
    [999.5, '1K'],
    [1_000, '1K'],
    [1_240, '1.24K'],
    [9_994, '9.99K'],
    [9_995, '10K'],
    [12_345, '12.3K'],
    [99_949, '99.9K'],
    [99_950, '100K'],
    [900_000, '900K'],
    [999_499, '999K'],
    [999_500, '1M'],
    [999_999, '1M'],
    [1_240_000_000, '1.24B'],
    [999_999_999_999, '1T'],
    [5_200_000_000_000, '5.2T'],
    [1e15, '1,000T'],
    [-1_240, '−1.24K'],
    [-0.001, '0'],
  ])('%d is %s', (value, text) => {
    expect(f.compact(value)).toBe(text);
  });

  it('never show four digits before a letter below a thousand trillions', () => {
    for (let value = 1; value < 9e14; value *= 1.00373) expect(f.compact(value)).not.toMatch(/\d{4}|,/);
  });
});

describe('exact numbers', () => {
  it('have every digit', () => {
    expect(f.exact(1_234_567)).toBe('1,234,567');
    expect(f.exact(1e15)).toBe('1,000,000,000,000,000');
    expect(f.exact(-12)).toBe('−12');
    expect(f.exact(0)).toBe('0');
  });
});

describe('money in a column of single requests', () => {
  it.each([
    [null, '–'],
    [0, '$0'],
    [40_000, '<$0.0001'],
    [4_999_999, '$0.0050'],
    [6_000_000, '$0.0060'],
    [1_234_567_890, '$1.2346'],
    [9_999_960_000, '$10.00'],
  ])('%s is %s', (nanos, text) => {
    expect(f.moneyColumn(nanos)).toBe(text);
  });
});

describe('money', () => {
  it.each([
    [0, '$0'],
    [1, '<$0.0001'],
    [40_000, '<$0.0001'],
    [50_000, '$0.0001'],
    [4_200_000, '$0.0042'],
    [4_999_999, '$0.005'],
    [5_000_000, '$0.005'],
    [31_200_000, '$0.031'],
    [99_949_999, '$0.100'],
    [99_950_000, '$0.10'],
    [412_800_000_000, '$412.80'],
    [9_999_990_000_000, '$9,999.99'],
    [9_999_996_000_000, '$10,000'],
    [12_345_670_000_000, '$12,346'],
    [999_999_400_000_000, '$999,999'],
    [999_999_600_000_000, '$1.00M'],
    [1_240_000_000_000_000, '$1.24M'],
    [1e18, '$1.00B'],
    [-71_000_000_000, '−$71.00'],
    [-1, '>−$0.0001'],
  ])('%d nano-dollars are %s', (nanos, text) => {
    expect(f.money(nanos)).toBe(text);
  });

  it('has two decimals where it is narrow', () => {
    expect(f.moneyShort(40_000)).toBe('<$0.01');
    expect(f.moneyShort(4_200_000)).toBe('<$0.01');
    expect(f.moneyShort(5_000_000)).toBe('$0.01');
    expect(f.moneyShort(31_200_000)).toBe('$0.03');
    expect(f.moneyShort(0)).toBe('$0');
    expect(f.moneyShort(-40_000)).toBe('>−$0.01');
  });

  it('is exact to the nano-dollar when asked', () => {
    expect(f.moneyExact(31_200)).toBe('$0.0000312');
    expect(f.moneyExact(412_800_000_000)).toBe('$412.80');
    expect(f.moneyExact(1)).toBe('$0.000000001');
    expect(f.moneyExact(-1_000_000_001)).toBe('−$1.000000001');
    expect(f.moneyExact(0)).toBe('$0.00');
    expect(f.moneyExact(9_007_199_254_740_991)).toBe('$9,007,199.254740991');
  });
});

describe('percentages', () => {
  it.each([
    [0, '0%'],
    [0.0004, '0.04%'],
    [0.001, '0.1%'],
    [0.5, '50%'],
    [0.714, '71.4%'],
    [0.98901, '98.9%'],
    [0.98946, '98.95%'],
    [0.99999, '99.99%'],
    [1, '100%'],
    [1.5, '150%'],
  ])('%d is %s', (value, text) => {
    expect(f.percent(value)).toBe(text);
  });

  it('of a column have one decimal each', () => {
    const rates = [null, 0, 0.0002, 0.5, 0.9446, 0.9778, 0.99999, 1].map(f.rate);
    expect(rates).toEqual(['–', '0%', '<0.1%', '50.0%', '94.5%', '97.8%', '99.9%', '100%']);
  });

  it('of a share are whole', () => {
    expect([f.share(0), f.share(0.0001), f.share(0.005), f.share(0.68), f.share(1)]).toEqual([
      '0%',
      '<1%',
      '1%',
      '68%',
      '100%',
    ]);
  });
});

describe('durations', () => {
  it.each([
    [0, '0 ms'],
    [0.4, '0.4 ms'],
    [420, '420 ms'],
    [999.6, '1.0 s'],
    [3_100, '3.1 s'],
    [9_949, '9.9 s'],
    [9_950, '10 s'],
    [18_432, '18 s'],
    [59_600, '1 min'],
    [125_000, '2 min 5 s'],
    [3_599_600, '1 h'],
    [6_000_000, '1 h 40 min'],
    [86_399_900, '1 d'],
    [273_600_000, '3 d 4 h'],
  ])('%d ms are %s', (ms, text) => {
    expect(f.duration(ms)).toBe(text);
  });

  it('as ages are coarse and never negative', () => {
    expect([f.age(-5), f.age(900), f.age(4_999), f.age(200_000), f.age(7_300_000), f.age(9e8)]).toEqual([
      '0 s',
      '0 s',
      '4 s',
      '3 min',
      '2 h',
      '10 d',
    ]);
  });
});

describe('bytes', () => {
  it('go in binary steps', () => {
    expect([f.bytes(0), f.bytes(512), f.bytes(1023.96), f.bytes(1536), f.bytes(2 ** 31)]).toEqual([
      '0 B',
      '512 B',
      '1.0 KiB',
      '1.5 KiB',
      '2.0 GiB',
    ]);
  });
});

describe('changes', () => {
  it('say direction and whether it is good news', () => {
    expect(f.change(131, 100, 'more_is_bad')).toEqual({ text: '31%', direction: 'up', tone: 'bad' });
    expect(f.change(92, 100, 'more_is_bad')).toEqual({ text: '8.0%', direction: 'down', tone: 'good' });
    expect(f.change(112, 100, 'neutral')).toEqual({ text: '12%', direction: 'up', tone: 'neutral' });
    expect(f.pointChange(0.714, 0.735, 'more_is_good')).toEqual({
      text: '2.1 pt',
      direction: 'down',
      tone: 'bad',
    });
  });

  it('say nothing where there was nothing, or nothing is known', () => {
    expect(f.change(5, 0, 'neutral')).toBeNull();
    expect(f.change(null, 5, 'neutral')).toBeNull();
    expect(f.change(5, null, 'neutral')).toBeNull();
    expect(f.pointChange(null, 0.5, 'neutral')).toBeNull();
    expect(f.changeText(null)).toBe('–');
  });

  it('become factors when percentages stop meaning anything', () => {
    expect(f.change(1_200, 100, 'more_is_bad')?.text).toBe('×12');
  });

  it('are the same when nobody would see the difference', () => {
    expect(f.change(100.01, 100, 'more_is_bad')).toEqual({ text: '0%', direction: 'same', tone: 'neutral' });
    expect(f.changeText(f.change(0, 100, 'more_is_bad'))).toBe('▼ 100%');
    expect(f.changeText(f.change(-5, 100, 'neutral'))).toBe('▼ 105%');
  });
});

describe('moments', () => {
  it('are in the zone of the server', () => {
    expect(f.clock('2026-11-18T06:05:09Z')).toBe('14:05');
    expect(f.clockSeconds('2026-11-18T06:05:09Z')).toBe('14:05:09');
    expect(f.dayKey('2026-11-17T16:00:00Z')).toBe('2026-11-18');
    expect(f.absolute('2026-11-18T06:05:09Z')).toBe('18 Nov 2026, 14:05:09 GMT+8');
    learnZone('Asia/Kathmandu');
    expect(f.clock('2026-11-18T06:05:09Z')).toBe('11:50');
  });

  it('keep midnight at the beginning of its day', () => {
    expect(f.clock('2026-11-18T00:00:00+08:00')).toBe('00:00');
  });

  it('survive a change of clocks', () => {
    learnZone('America/New_York');
    expect(f.clock('2026-11-01T05:30:00Z')).toBe('01:30');
    expect(f.clock('2026-11-01T06:30:00Z')).toBe('01:30');
    expect(f.absolute('2026-11-01T05:30:00Z')).not.toBe(f.absolute('2026-11-01T06:30:00Z'));
    expect(f.daySpan('2026-11-01T04:00:00Z', '2026-11-02T05:00:00Z')).toMatch(/^1 Nov/);
  });

  it('make spans whose last day is included', () => {
    vi.useFakeTimers({ now: Date.parse('2026-11-24T11:00:00Z') });
    const text = (from: string, to: string): string => f.daySpan(from, to).replaceAll(/\s/g, ' ');
    expect(text('2026-11-18T00:00:00+08:00', '2026-11-25T00:00:00+08:00')).toMatch(/^18 ?– ?24 Nov$/);
    expect(text('2026-11-18T00:00:00+08:00', '2026-11-19T00:00:00+08:00')).toBe('18 Nov');
    expect(text('2025-12-31T00:00:00+08:00', '2026-01-02T00:00:00+08:00')).toMatch(/2025.*2026/);
    expect(f.span('2026-11-18T00:00:00+08:00', '2026-11-25T00:00:00+08:00')).toBe(
      f.daySpan('2026-11-18T00:00:00+08:00', '2026-11-25T00:00:00+08:00'),
    );
    vi.useRealTimers();
    expect(f.span('2026-11-20T12:00:00+08:00', '2026-11-20T18:00:00+08:00')).toBe(
      'Fri 20 Nov, 12:00 – 18:00',
    );
    expect(f.span('2026-11-20T00:00:00+08:00', '2026-11-21T00:00:00+08:00')).toBe('Fri 20 Nov');
    expect(f.span('2026-11-20T00:00:00+08:00', '2026-11-20T23:59:59+08:00')).toBe(
      'Fri 20 Nov, 00:00 – 23:59',
    );
  });

  it('are told relative to now', () => {
    const now = Date.parse('2026-11-18T12:00:00Z');
    const ago = (seconds: number): string => f.relative(now - seconds * 1000, now);
    expect([ago(0), ago(4), ago(59), ago(60), ago(3_599), ago(7_200), ago(200_000), ago(-90)]).toEqual([
      'now',
      '4 s ago',
      '59 s ago',
      '1 min ago',
      '59 min ago',
      '2 h ago',
      '2 days ago',
      'in 1 min',
    ]);
  });
});

describe('a column', () => {
  it('keeps its zeros, so that digits line up', () => {
    expect([49_000_000, 1_000, 104_000_000, 999].map(f.compactColumn)).toEqual([
      '49.0M',
      '1.00K',
      '104M',
      '999',
    ]);
  });
});

describe('English', () => {
  it('writes dates as its reader does', () => {
    const texts = (): string[] => [
      f.day('2026-11-20T00:00:00+08:00'),
      f.weekday('2026-11-20T00:00:00+08:00'),
      f.daySpan('2026-11-20T00:00:00+08:00', '2026-11-27T00:00:00+08:00').replaceAll(/\s/g, ' '),
    ];
    vi.useFakeTimers({ now: Date.parse('2026-11-24T11:00:00Z') });
    chooseEnglish(['de-DE', 'en-US', 'en-GB']);
    expect(texts()).toEqual(['Nov 20', 'Fri, Nov 20', 'Nov 20 – 26']);
    chooseEnglish(['en-AU', 'en-US']);
    expect(texts()).toEqual(['20 Nov', 'Fri 20 Nov', '20 – 26 Nov']);
    vi.useRealTimers();
  });
});

describe('Chinese', () => {
  it('keeps letters and signs, and writes dates its own way', () => {
    settle('zh-CN');
    expect(f.compact(1_240_000_000)).toBe('1.24B');
    expect(f.percent(0.714)).toBe('71.4%');
    expect(f.money(412_800_000_000)).toBe('$412.80');
    expect(f.day('2026-11-18T06:05:09Z')).toBe('11月18日');
    expect(f.absolute('2026-11-18T06:05:09Z')).toBe('2026年11月18日 14:05:09 GMT+8');
    expect([f.age(4_000), f.age(200_000), f.duration(3_100)]).toEqual(['4 秒', '3 分钟', '3.1 秒']);
    expect([f.relative(0, 5_000), f.relative(86_400_000, 0)]).toEqual(['5 秒前', '明天']);
    expect(f.duration(79_000)).toBe('1 分 19 秒');
    expect(f.pointChange(0.714, 0.735, 'neutral')?.text).toBe('2.1 个百分点');
    settle('zh-TW');
    expect(f.pointChange(0.7, 0.7, 'neutral')?.text).toBe('0 個百分點');
    expect(f.duration(6_000_000)).toBe('1 小時 40 分');
    expect(f.relative(0, 4_000)).toBe('4 秒前');
  });
});
