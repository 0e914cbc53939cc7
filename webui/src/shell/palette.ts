/** Everything the palette can do, as a list to search. */

import { live } from '~/api/live.svelte.ts';
import type { Filters } from '~/api/types.ts';
import { LOCALE_NAMES, LOCALES, setLocale, t } from '~/i18n/index.svelte.ts';
import { look, THEMES } from '~/theme/look.svelte.ts';
import { dimensionText, valueText } from '~/view/filter_text.ts';
import { narrowed } from '~/view/filters.ts';
import { COMPARISONS, type Dimension, PAGES, PRESETS } from '~/view/types.ts';
import { view } from '~/view/view.svelte.ts';
import { filterRequest, helpRequest } from './requests.svelte.ts';

export interface Entry {
  readonly id: string;
  readonly label: string;
  readonly hint?: string | undefined;
  readonly private?: boolean;
  readonly act: () => void;
}

export interface Group {
  readonly title: string;
  readonly entries: readonly Entry[];
}

/** Dimensions whose values have names that a person would look for. */
const SOUGHT = [
  'model',
  'api_key',
  'credential',
  'provider',
  'client',
] as const satisfies readonly Dimension[];

/** As many of a group as are listed. */
const LISTED = 8;

/** A request's id as the API writes it. */
const REQUEST_ID = /^[0-9a-f]{1,16}-[0-9a-f]{12}$/;

/** What there is, before anything is typed into the field and after. */
export function groups(filters: Filters | null, text: string): Group[] {
  const needle = text.trim().toLowerCase();
  const all: Group[] = [
    { title: t('palette.pages'), entries: pages() },
    ...SOUGHT.map((dimension) => ({ title: dimensionText(dimension), entries: values(dimension, filters) })),
    { title: t('palette.ranges'), entries: ranges() },
    { title: t('palette.actions'), entries: actions() },
  ];
  const found = all.map((group) => ({
    title: group.title,
    entries: best(group.entries, needle, group.title).slice(
      0,
      needle === '' && group.title !== t('palette.actions') ? 5 : LISTED,
    ),
  }));
  return [...found, { title: t('palette.requests'), entries: requests(text.trim()) }].filter(
    (group) => group.entries.length > 0,
  );
}

/** Entries whose every typed word occurs; those that begin with it first, else in their own order. */
export function best(entries: readonly Entry[], needle: string, title: string): Entry[] {
  if (needle === '') return [...entries];
  const words = needle.split(/\s+/);
  const text = (entry: Entry): string => `${entry.label} ${entry.hint ?? ''} ${title}`.toLowerCase();
  const matching = entries.filter((entry) => words.every((word) => text(entry).includes(word)));
  const begins = (entry: Entry): number => Number(!entry.label.toLowerCase().startsWith(needle));
  return matching.sort((a, b) => begins(a) - begins(b));
}

function pages(): Entry[] {
  return PAGES.map((page) => ({
    id: `page ${page}`,
    label: t(`page.${page}`),
    act: () => view.goto({ page }),
  }));
}

function values(dimension: Dimension, filters: Filters | null): Entry[] {
  return (filters?.[dimension] ?? []).map(({ id }) => ({
    id: `${dimension} ${id}`,
    label: valueText(dimension, id),
    hint: t('palette.only'),
    private: true,
    act: () => view.goto({ filters: narrowed(view.current.filters, dimension, id) }),
  }));
}

function ranges(): Entry[] {
  return PRESETS.map((preset) => ({
    id: `range ${preset}`,
    label: t(`range.${preset}`),
    hint: /^\d/.test(preset) ? preset : undefined,
    act: () => view.goto({ range: { preset } }),
  }));
}

function actions(): Entry[] {
  return [
    ...THEMES.map((theme) => ({
      id: `theme ${theme}`,
      label: `${t('menu.theme')}: ${t(`menu.theme.${theme}`)}`,
      act: () => look.set({ theme }),
    })),
    ...COMPARISONS.map((compare) => ({
      id: `compare ${compare}`,
      label: t(`compare.${compare}`),
      hint: t('compare.label'),
      act: () => view.goto({ compare }),
    })),
    { id: 'filter', label: t('keys.filter'), hint: 'F', act: () => filterRequest.ask() },
    { id: 'live', label: t('keys.live'), hint: 'P', act: () => live.toggle() },
    { id: 'discreet', label: t('menu.discreet'), hint: 'B', act: () => look.toggleDiscreet() },
    { id: 'keys', label: t('menu.keys'), hint: '?', act: () => helpRequest.ask() },
    ...LOCALES.map((language) => ({
      id: `language ${language}`,
      label: LOCALE_NAMES[language],
      hint: t('menu.language'),
      act: () => {
        look.set({ language });
        void setLocale(language);
      },
    })),
  ];
}

function requests(text: string): Entry[] {
  if (text === '') return [];
  const find = {
    id: 'find',
    label: t('palette.find', { text }),
    private: true,
    act: () => view.goto({ page: 'requests', q: text }),
  };
  if (!REQUEST_ID.test(text)) return [find];
  return [
    {
      id: 'open',
      label: t('palette.request', { id: text }),
      act: () => view.goto({ page: 'requests', open: text }),
    },
    find,
  ];
}
