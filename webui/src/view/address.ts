/**
 * A view as an address and back. The page is the path below the base, the rest is the query string, with the names the
 * API uses, so that a query string can be carried from one to the other by hand. What equals the default is left out, so
 * that addresses stay short. What cannot be understood is ignored where it is a way of looking, so that an old link still
 * shows something sensible; where figures depend on it, the view says so (`unreadable`) instead of showing others.
 */
import { read, replaced, valuesOf, written } from './filters.ts';
import { TEXT_LIMIT } from './parameters.ts';
import { DEFAULT_VIEW, FIRST_PAGE, PAGES, type PageState, parametersOf, type View } from './state.ts';
import { COMPARISONS, DIMENSIONS, type Dimension, type Filter, PRESETS, type Range } from './types.ts';

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:Z|[+-]\d{2}:\d{2})$/;
/** An offset whose `+` was not escaped arrives as a space. */
const UNESCAPED = / (?=\d{2}:\d{2}$)/;

/** `''` for Overview, which is what the bare address shows; else the page's name. */
export function pathOf(view: View): string {
  return view.page === FIRST_PAGE ? '' : view.page;
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
  for (const [name, value] of filterParams(view.filters)) params.append(name, value);
  for (const [name, parameter] of parametersOf(view.page)) {
    for (const [key, value] of parameter.write(view[name])) params.append(key, value);
  }
  // A colon and a comma are legal in a query string and make it readable.
  return params.toString().replaceAll('%3A', ':').replaceAll('%2C', ',');
}

/** What an address shows. `path` is relative to the base, without a leading slash. */
export function viewOf(path: string, search: string): View {
  const params = new URLSearchParams(search);
  const page = oneOf(PAGES, path.replace(/\/+$/, '')) ?? FIRST_PAGE;
  const unreadable: string[] = [];
  const written = (names: readonly string[]): string[] =>
    [...params].filter(([name]) => names.includes(name)).map(([name, value]) => `${name}=${value}`);
  const range = rangeOf(params);
  if (range === 'unreadable') unreadable.push(...written(['range', 'from', 'to']));
  const own: Record<string, unknown> = {};
  for (const [name, parameter] of parametersOf(page)) {
    const value = parameter.read(params);
    if (value !== null) own[name] = value;
    else if (parameter.narrows) unreadable.push(...written(parameter.names));
  }
  return {
    ...DEFAULT_VIEW,
    ...(own as Partial<PageState>),
    page,
    range: range === 'unreadable' ? DEFAULT_VIEW.range : range,
    compare: oneOf(COMPARISONS, params.get('compare')) ?? DEFAULT_VIEW.compare,
    filters: filtersOf(params),
    unreadable,
  };
}

export function sameRange(a: Range, b: Range): boolean {
  if ('preset' in a) return 'preset' in b && a.preset === b.preset;
  return !('preset' in b) && a.from === b.from && a.to === b.to;
}

function rangeOf(params: URLSearchParams): Range | 'unreadable' {
  const from = params.get('from')?.replace(UNESCAPED, '+');
  const to = params.get('to')?.replace(UNESCAPED, '+');
  const text = params.get('range');
  if (from === undefined && to === undefined) {
    if (text === null) return DEFAULT_VIEW.range;
    const preset = oneOf(PRESETS, text);
    return preset === null ? 'unreadable' : { preset };
  }
  if (from === undefined || to === undefined || text !== null) return 'unreadable';
  const alike = (DATE.test(from) && DATE.test(to)) || (INSTANT.test(from) && INSTANT.test(to));
  return alike && Date.parse(from) < Date.parse(to) ? { from, to } : 'unreadable';
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

function oneOf<T extends string>(allowed: readonly T[], text: string | null): T | null {
  return allowed.find((one) => one === text) ?? null;
}
