/**
 * A view as an address and back. The page is the path below the base, the rest is the query string, with the names the
 * API uses, so that a query string can be carried from one to the other by hand. What equals the default is left out, so
 * that addresses stay short; what cannot be understood is ignored, so that an old link still shows something sensible.
 */
import { read, replaced, valuesOf, written } from './filters.ts';
import {
  BOUNDS,
  type Bound,
  COMPARISONS,
  DEFAULT_VIEW,
  DIMENSIONS,
  type Dimension,
  type Filter,
  GRANULARITIES,
  PAGES,
  PRESETS,
  type Range,
  type View,
} from './types.ts';

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:Z|[+-]\d{2}:\d{2})$/;
const TOKEN = /^-?[a-z0-9_.:-]{1,64}$/i;
/** As long as the API lets a value be. */
const TEXT_LIMIT = 512;

/** `''` for Overview, which is what the bare address shows; else the page's name. */
export function pathOf(view: View): string {
  return view.page === DEFAULT_VIEW.page ? '' : view.page;
}

/** The query parameters of a range, for the address and for the API alike. */
export function rangeParams(range: Range): [string, string][] {
  if ('preset' in range) return [['range', range.preset]];
  return [
    ['from', range.from],
    ['to', range.to],
  ];
}

/** The query parameters of filters, for the address and for the API alike. */
export function filterParams(filters: readonly Filter[]): [string, string][] {
  return filters.flatMap((filter) =>
    filter.values.map((value): [string, string] => [filter.dimension, written(value, filter.negated)]),
  );
}

/** The query string of a view, without `?`; empty for the default view. */
export function searchOf(view: View): string {
  const params = new URLSearchParams();
  if (!sameRange(view.range, DEFAULT_VIEW.range)) {
    for (const [name, value] of rangeParams(view.range)) params.append(name, value);
  }
  if (view.compare !== DEFAULT_VIEW.compare) params.append('compare', view.compare);
  if (view.granularity !== DEFAULT_VIEW.granularity) params.append('granularity', view.granularity);
  for (const [name, value] of filterParams(view.filters)) params.append(name, value);
  for (const bound of BOUNDS) {
    const value = view.bounds[bound];
    if (value !== undefined) params.append(bound, String(value));
  }
  if (view.q !== '') params.append('q', view.q);
  for (const name of ['group', 'metric', 'tab', 'sort', 'open'] as const) {
    const value = view[name];
    if (value !== null) params.append(name, value);
  }
  if (view.columns !== null) params.append('columns', view.columns.join(','));
  // A colon and a comma are legal in a query string and make it readable.
  return params.toString().replaceAll('%3A', ':').replaceAll('%2C', ',');
}

/** What an address shows. `path` is relative to the base, without a leading slash. */
export function viewOf(path: string, search: string): View {
  const params = new URLSearchParams(search);
  const name = path.replace(/\/+$/, '');
  return {
    page: oneOf(PAGES, name) ?? DEFAULT_VIEW.page,
    range: rangeOf(params) ?? DEFAULT_VIEW.range,
    compare: oneOf(COMPARISONS, params.get('compare')) ?? DEFAULT_VIEW.compare,
    granularity: oneOf(GRANULARITIES, params.get('granularity')) ?? DEFAULT_VIEW.granularity,
    filters: filtersOf(params),
    bounds: boundsOf(params),
    q: (params.get('q') ?? '').slice(0, TEXT_LIMIT),
    group: oneOf(DIMENSIONS, params.get('group')),
    metric: token(params.get('metric')),
    tab: token(params.get('tab')),
    sort: token(params.get('sort')),
    open: token(params.get('open')),
    columns: columnsOf(params.get('columns')),
  };
}

export function sameRange(a: Range, b: Range): boolean {
  if ('preset' in a) return 'preset' in b && a.preset === b.preset;
  return !('preset' in b) && a.from === b.from && a.to === b.to;
}

function rangeOf(params: URLSearchParams): Range | null {
  const from = params.get('from');
  const to = params.get('to');
  if (from !== null && to !== null) {
    const alike = (DATE.test(from) && DATE.test(to)) || (INSTANT.test(from) && INSTANT.test(to));
    return alike && Date.parse(from) < Date.parse(to) ? { from, to } : null;
  }
  const preset = oneOf(PRESETS, params.get('range'));
  return preset === null ? null : { preset };
}

function filtersOf(params: URLSearchParams): Filter[] {
  let filters: Filter[] = [];
  const known = new Set<string>(DIMENSIONS);
  for (const [name, text] of params) {
    if (!known.has(name)) continue;
    const dimension = name as Dimension;
    const { value, negated } = read(text.slice(0, TEXT_LIMIT));
    filters = replaced(filters, dimension, negated, [...valuesOf(filters, dimension, negated), value]);
  }
  return filters;
}

function boundsOf(params: URLSearchParams): { [B in Bound]?: number } {
  const bounds: { [B in Bound]?: number } = {};
  for (const bound of BOUNDS) {
    const text = params.get(bound) ?? '';
    if (/^\d{1,15}$/.test(text)) bounds[bound] = Number(text);
  }
  return bounds;
}

function columnsOf(text: string | null): string[] | null {
  const names = (text ?? '').split(',').filter((name) => TOKEN.test(name));
  return names.length > 0 ? [...new Set(names)] : null;
}

function token(text: string | null): string | null {
  return text !== null && TOKEN.test(text) ? text : null;
}

function oneOf<T extends string>(allowed: readonly T[], text: string | null): T | null {
  return allowed.find((one) => one === text) ?? null;
}
