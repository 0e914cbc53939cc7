/** What a range covers, what it is called when it moves, and what a person types. Pure: the zone and the time are given. */
import {
  addDays,
  dateOf,
  daysBetween,
  instantOf,
  isDate,
  monthStart,
  rfc3339,
  weekStart,
} from './calendar.ts';
import { PRESETS, type Preset, type Range } from './types.ts';

const UNIT_MS = { m: 60_000, h: 3_600_000 } as const;
const ROLLING_FORM = /^(\d+)([mh])$/;
const DAYS_FORM = /^(\d+)d$/;

export interface Moment {
  readonly now: number;
  readonly zone: string;
}

/** How long a rolling preset is, in milliseconds; null for the others. */
export function rollingMs(preset: Preset): number | null {
  const match = ROLLING_FORM.exec(preset);
  return match ? Number(match[1]) * UNIT_MS[match[2] as 'm' | 'h'] : null;
}

/** The local dates of a preset that is made of whole days, the end exclusive; null for the others. */
export function datesOf(preset: Preset, { now, zone }: Moment): readonly [from: string, to: string] | null {
  const today = dateOf(now, zone);
  const tomorrow = addDays(today, 1);
  const days = DAYS_FORM.exec(preset);
  if (days) return [addDays(tomorrow, -Number(days[1])), tomorrow];
  switch (preset) {
    case 'today':
      return [today, tomorrow];
    case 'yesterday':
      return [addDays(today, -1), today];
    case 'this_week':
      return [weekStart(today), addDays(weekStart(today), 7)];
    case 'last_week':
      return [addDays(weekStart(today), -7), weekStart(today)];
    case 'this_month':
      return [monthStart(today), monthStart(today, 1)];
    case 'last_month':
      return [monthStart(today, -1), monthStart(today)];
    default:
      return null;
  }
}

/** The instants of a range, the end exclusive; null for all of time. */
export function instantsOf(range: Range, moment: Moment): readonly [from: number, to: number] | null {
  if (!('preset' in range)) {
    if (!isDate(range.from)) return [Date.parse(range.from), Date.parse(range.to)];
    return [instantOf(range.from, moment.zone), instantOf(range.to, moment.zone)];
  }
  const length = rollingMs(range.preset);
  if (length !== null) return [moment.now - length, moment.now];
  const dates = datesOf(range.preset, moment);
  return dates && [instantOf(dates[0], moment.zone), instantOf(dates[1], moment.zone)];
}

/**
 * The range before (-1) or after (+1), of the same length: a day is a day in weeks when clocks change, and a whole month
 * is followed by a whole month. Null where there is none: nothing follows a range that reaches the present, nothing
 * precedes all of time. What a preset says too is that preset.
 */
export function stepped(range: Range, direction: -1 | 1, moment: Moment): Range | null {
  const rolling = 'preset' in range ? rollingMs(range.preset) : null;
  const dates =
    'preset' in range
      ? datesOf(range.preset, moment)
      : isDate(range.from)
        ? ([range.from, range.to] as const)
        : null;
  if (direction === 1) {
    const instants = instantsOf(range, moment);
    if (instants === null || instants[1] >= moment.now) return null;
  }
  if (dates !== null) return named(shiftedDates(dates, direction), moment);
  const instants = instantsOf(range, moment);
  if (instants === null) return null;
  const length = rolling ?? instants[1] - instants[0];
  const [from, to] = [instants[0] + direction * length, instants[1] + direction * length];
  // The present, once it is reached again, keeps rolling.
  if (to >= moment.now) {
    const preset = PRESETS.find((one) => rollingMs(one) === length);
    if (preset) return { preset };
  }
  return { from: rfc3339(from, moment.zone), to: rfc3339(to, moment.zone) };
}

function shiftedDates([from, to]: readonly [string, string], direction: -1 | 1): [string, string] {
  if (from.endsWith('-01') && to.endsWith('-01')) {
    const months =
      (Number(to.slice(0, 4)) - Number(from.slice(0, 4))) * 12 +
      Number(to.slice(5, 7)) -
      Number(from.slice(5, 7));
    return [monthStart(from, direction * months), monthStart(to, direction * months)];
  }
  const days = daysBetween(from, to) * direction;
  return [addDays(from, days), addDays(to, days)];
}

/** A span of dates as the preset that means the same now, else as it is. */
export function named([from, to]: readonly [string, string], moment: Moment): Range {
  const preset = PRESETS.find((one) => {
    const dates = datesOf(one, moment);
    return dates !== null && dates[0] === from && dates[1] === to;
  });
  return preset ? { preset } : { from, to };
}

const TYPED = /^(\d{4}-\d{2}-\d{2})(?:[ T](\d{1,2}:\d{2}))?$/;

/** What was typed into "from" and "through", or why it is no range. A last day is included; a time is an end. */
export function typedRange(from: string, through: string, moment: Moment): Range | 'invalid' | 'backwards' {
  const start = TYPED.exec(from.trim());
  const end = TYPED.exec(through.trim());
  if (!start?.[1] || !end?.[1] || !isDate(start[1]) || !isDate(end[1])) return 'invalid';
  if (start[2] === undefined && end[2] === undefined) {
    return start[1] <= end[1] ? named([start[1], addDays(end[1], 1)], moment) : 'backwards';
  }
  const times = [start[2] ?? '00:00', end[2] ?? '00:00'].map((time) => time.padStart(5, '0'));
  if (times.some((time) => time > '23:59' || time.slice(3) > '59')) return 'invalid';
  const lastDay = end[2] === undefined ? addDays(end[1], 1) : end[1];
  const begins = instantOf(`${start[1]}T${times[0]}`, moment.zone);
  const ends = instantOf(`${lastDay}T${times[1]}`, moment.zone);
  if (ends <= begins) return 'backwards';
  return { from: rfc3339(begins, moment.zone), to: rfc3339(ends, moment.zone) };
}

/** A range as one would type it, for the fields to start from. */
export function asTyped(range: Range, moment: Moment): readonly [from: string, through: string] {
  const dates =
    'preset' in range
      ? datesOf(range.preset, moment)
      : isDate(range.from)
        ? ([range.from, range.to] as const)
        : null;
  if (dates !== null) return [dates[0], addDays(dates[1], -1)];
  const instants = instantsOf(range, moment);
  if (instants === null) return ['', dateOf(moment.now, moment.zone)];
  const minute = (instant: number): string => rfc3339(instant, moment.zone).slice(0, 16).replace('T', ' ');
  return [minute(instants[0]), minute(instants[1])];
}
