import { describe, expect, it } from 'vitest';
import { addDays, dateOf, instantOf, isDate, monthStart, offsetAt, rfc3339, weekStart } from './calendar.ts';

const NEW_YORK = 'America/New_York';
const KATHMANDU = 'Asia/Kathmandu';
const HOUR = 3_600_000;

describe('local dates', () => {
  it('begin at midnight of their zone', () => {
    expect(instantOf('2026-11-18', 'Asia/Shanghai')).toBe(Date.parse('2026-11-17T16:00:00Z'));
    expect(instantOf('2026-11-18', KATHMANDU)).toBe(Date.parse('2026-11-17T18:15:00Z'));
  });

  it('have 23 hours when clocks go forward and 25 when they go back', () => {
    expect(instantOf('2026-03-09', NEW_YORK) - instantOf('2026-03-08', NEW_YORK)).toBe(23 * HOUR);
    expect(instantOf('2026-11-02', NEW_YORK) - instantOf('2026-11-01', NEW_YORK)).toBe(25 * HOUR);
  });

  it('lead to the first of two equal times, and over a time that clocks skip', () => {
    expect(instantOf('2026-11-01T01:30', NEW_YORK)).toBe(Date.parse('2026-11-01T01:30:00-04:00'));
    expect(instantOf('2026-11-01T02:00', NEW_YORK)).toBe(Date.parse('2026-11-01T02:00:00-05:00'));
    expect(instantOf('2026-03-08T02:30', NEW_YORK)).toBe(Date.parse('2026-03-08T03:30:00-04:00'));
    expect(instantOf('2026-03-08T03:00', NEW_YORK)).toBe(Date.parse('2026-03-08T03:00:00-04:00'));
  });

  it('begin where midnight itself is skipped at the first instant of the day', () => {
    // Chile moves its clocks at midnight.
    const start = instantOf('2026-09-06', 'America/Santiago');
    expect(dateOf(start, 'America/Santiago')).toBe('2026-09-06');
    expect(dateOf(start - 1, 'America/Santiago')).toBe('2026-09-05');
  });

  it('are those of the zone, on either side of the date line', () => {
    const instant = Date.parse('2026-11-24T11:30:00Z');
    expect(dateOf(instant, 'Pacific/Kiritimati')).toBe('2026-11-25');
    expect(dateOf(instant, 'Pacific/Pago_Pago')).toBe('2026-11-24');
    expect(dateOf(Date.parse('2026-11-24T10:59:59.999Z'), 'Pacific/Pago_Pago')).toBe('2026-11-23');
  });

  it('cross months, years and leap days', () => {
    expect(addDays('2028-02-28', 1)).toBe('2028-02-29');
    expect(addDays('2026-01-01', -1)).toBe('2025-12-31');
    expect(monthStart('2026-01-31', -1)).toBe('2025-12-01');
    expect(weekStart('2026-11-24')).toBe('2026-11-23');
    expect(weekStart('2026-11-29')).toBe('2026-11-23');
  });

  it('are told from what only looks like one', () => {
    expect(isDate('2026-02-28')).toBe(true);
    expect(isDate('2026-02-30')).toBe(false);
    expect(isDate('2026-13-01')).toBe(false);
    expect(isDate('26-1-1')).toBe(false);
  });
});

describe('instants', () => {
  it('are written with the offset in force', () => {
    expect(rfc3339(Date.parse('2026-07-01T00:00:00Z'), NEW_YORK)).toBe('2026-06-30T20:00:00-04:00');
    expect(rfc3339(Date.parse('2026-12-01T00:00:00Z'), NEW_YORK)).toBe('2026-11-30T19:00:00-05:00');
    expect(rfc3339(Date.parse('2026-11-18T00:00:00Z'), KATHMANDU)).toBe('2026-11-18T05:45:00+05:45');
    expect(offsetAt(Date.parse('2026-11-18T00:00:00.500Z'), 'UTC')).toBe(0);
  });
});
