/**
 * What a page keeps in the address besides the range, the comparison and the filters that all pages share. Each page
 * declares its own in `pages/<page>/parameters.ts`:
 *
 *     export const parameters = { tab: token('tab'), q: text('q', { narrows: true }), … };
 *
 * A name that two pages use must mean the same on both.
 */
import { DIMENSIONS, type Dimension, GRANULARITIES, type Granularity } from './types.ts';

export interface Parameter<T> {
  /** What is not written, and what an address without it means. */
  readonly initial: T;
  /** Whether it is a way of looking, which is still there when one comes back from another page. */
  readonly survives: boolean;
  /** Whether it decides which requests are shown: an address in which it cannot be read must not show others. */
  readonly narrows: boolean;
  /** The names it has in an address. */
  readonly names: readonly string[];
  readonly write: (value: T) => readonly (readonly [string, string])[];
  /** Null when the address has it in a form that cannot be understood. */
  readonly read: (params: URLSearchParams) => T | null;
}

interface Nature {
  readonly survives?: boolean;
  readonly narrows?: boolean;
}

const TOKEN = /^-?[a-z0-9_.:-]{1,64}$/i;
/** As long as the API lets a value be. */
export const TEXT_LIMIT = 512;

function single<T>(
  name: string,
  initial: T,
  text: (value: T) => string,
  parsed: (text: string) => T | null,
  { survives = false, narrows = false }: Nature,
): Parameter<T> {
  return {
    initial,
    survives,
    narrows,
    names: [name],
    write: (value) => (value === initial ? [] : [[name, text(value)]]),
    read: (params) => {
      const found = params.get(name);
      return found === null ? initial : parsed(found);
    },
  };
}

/** One of a closed set, or what the page shows by default. */
export function choice<T extends string, D extends T | null>(
  name: string,
  allowed: readonly T[],
  initial: D,
  nature: Nature = {},
): Parameter<T | D> {
  return single<T | D>(name, initial, String, (text) => allowed.find((one) => one === text) ?? null, nature);
}

/** A short name whose meaning only the page knows; null: as the page has it by default. */
export function token(name: string, nature: Nature = {}): Parameter<string | null> {
  return single<string | null>(name, null, String, (text) => (TOKEN.test(text) ? text : null), nature);
}

/** Free text. */
export function text(name: string, nature: Nature = {}): Parameter<string> {
  return single<string>(name, '', String, (found) => found.slice(0, TEXT_LIMIT), nature);
}

/** A list of short names in order; null: as the page has it by default. */
export function tokens(name: string, nature: Nature = {}): Parameter<readonly string[] | null> {
  return single<readonly string[] | null>(
    name,
    null,
    (names) => (names ?? []).join(','),
    (found) => {
      const names = found.split(',').filter((one) => TOKEN.test(one));
      return names.length > 0 ? [...new Set(names)] : null;
    },
    nature,
  );
}

/** Whole numbers from 0 on, each under its own name, each of which may be missing. */
export function amounts<N extends string>(
  names: readonly N[],
  { survives = false, narrows = false }: Nature = {},
): Parameter<{ readonly [B in N]?: number }> {
  return {
    initial: {},
    survives,
    narrows,
    names,
    write: (values) =>
      names.flatMap((name): [string, string][] => {
        const value = values[name];
        return value === undefined ? [] : [[name, String(value)]];
      }),
    read: (params) => {
      const values: { [B in N]?: number } = {};
      for (const name of names) {
        const found = params.get(name);
        if (found === null) continue;
        if (!/^\d{1,15}$/.test(found)) return null;
        values[name] = Number(found);
      }
      return values;
    },
  };
}

/** How wide the buckets of a page's charts are. */
export const granularity: Parameter<Granularity> = choice<Granularity, Granularity>(
  'granularity',
  GRANULARITIES,
  'auto',
  { survives: true },
);

/** What a page's chart groups by. */
export const group: Parameter<Dimension | null> = choice<Dimension, null>('group', DIMENSIONS, null, {
  survives: true,
});

/** The thing whose drawer is open, `api_key:4`; see things/thing.ts. */
export const thing: Parameter<string> = text('thing');
