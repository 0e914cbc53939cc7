/** Everything the palette can do, as a list to search. */

import { live } from '~/api/live.svelte.ts';
import { session } from '~/api/session.svelte.ts';
import type { Filters } from '~/api/types.ts';
import { LOCALE_NAMES, LOCALES, setLocale, t } from '~/i18n/index.svelte.ts';
import { preferences, THEMES } from '~/theme/preferences.svelte.ts';
import { dimensionText, valueText } from '~/view/filter_text.ts';
import { narrowed } from '~/view/filters.ts';
import { openDimensions, reachablePages } from '~/view/holder.ts';
import type { PageName } from '~/view/state.ts';
import { COMPARISONS, DIMENSIONS, type Dimension, PRESETS } from '~/view/types.ts';
import { view } from '~/view/view.svelte.ts';
import { chartCsv, filterDialog, helpDialog } from './dialogs.svelte.ts';
import { copyLink } from './notice.svelte.ts';

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

/** Dimensions whose values a person would look for by name. */
const SOUGHT = [
  'model',
  'api_key',
  'credential',
  'provider',
  'client',
  'result',
  'status',
  'error_class',
] as const satisfies readonly Dimension[];

/** What Overview's main chart can measure, as the address writes it. */
const METRICS = ['cost', 'tokens', 'requests', 'latency', 'errors'] as const;

/** As many of a group as are listed. */
const LISTED = 8;

/** A request's id as the API writes it. */
const REQUEST_ID = /^[0-9a-f]{1,16}-[0-9a-f]{12}$/;

/** How many values exist that the server did not list. */
export function leftOut(filters: Filters | null): number {
  return openDimensions(SOUGHT).reduce((sum, dimension) => sum + (filters?.omitted[dimension] ?? 0), 0);
}

/** The values that were listed, and behind them those that only a search found. */
export function withFound(listed: Filters | null, found: Filters | null): Filters | null {
  if (listed === null || found === null) return listed;
  const all: Filters = { ...listed };
  for (const dimension of openDimensions(SOUGHT)) {
    const known = new Set(listed[dimension]?.map(({ id }) => id));
    all[dimension] = [
      ...(listed[dimension] ?? []),
      ...(found[dimension] ?? []).filter(({ id }) => !known.has(id)),
    ];
  }
  return all;
}

/** What there is, before anything is typed into the field and after. */
export function groups(filters: Filters | null, text: string): Group[] {
  const needle = text.trim().toLowerCase();
  const all: Group[] = [
    { title: t('palette.pages'), entries: pages() },
    ...openDimensions(SOUGHT).map((dimension) => ({
      title: dimensionText(dimension),
      entries: values(dimension, filters),
    })),
    { title: t('palette.ranges'), entries: ranges() },
    { title: t('palette.chart'), entries: charts() },
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
  return reachablePages().map((page) => ({
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

/** Where the main chart is. */
function chartPage(): PageName {
  return session.isHolder ? 'key' : 'overview';
}

/** What the main chart measures and groups by, on whichever page one is. */
function charts(): Entry[] {
  return [
    ...METRICS.map((metric) => ({
      id: `metric ${metric}`,
      label: t(`overview.measure.${metric}`),
      hint: t('overview.measure'),
      act: () => view.goto({ page: chartPage(), metric: metric === 'cost' ? null : metric }),
    })),
    ...openDimensions(DIMENSIONS).map((group) => ({
      id: `group ${group}`,
      label: `${t('overview.group')}: ${dimensionText(group)}`,
      act: () => view.goto({ page: chartPage(), group }),
    })),
  ];
}

function actions(): Entry[] {
  return [
    { id: 'link', label: t('palette.link'), act: () => void copyLink() },
    ...(chartCsv.isThere ? [{ id: 'csv', label: t('palette.csv'), act: () => chartCsv.open() }] : []),
    ...THEMES.map((theme) => ({
      id: `theme ${theme}`,
      label: `${t('menu.theme')}: ${t(`menu.theme.${theme}`)}`,
      act: () => preferences.set({ theme }),
    })),
    ...COMPARISONS.map((compare) => ({
      id: `compare ${compare}`,
      label: t(`compare.${compare}`),
      hint: t('compare.label'),
      act: () => view.goto({ compare }),
    })),
    { id: 'filter', label: t('keys.filter'), hint: 'F', act: () => filterDialog.open() },
    { id: 'live', label: t('keys.live'), hint: 'P', act: () => live.toggle() },
    { id: 'discreet', label: t('menu.discreet'), hint: 'B', act: () => preferences.toggleDiscreet() },
    { id: 'keys', label: t('menu.keys'), hint: '?', act: () => helpDialog.open() },
    ...LOCALES.map((language) => ({
      id: `language ${language}`,
      label: LOCALE_NAMES[language],
      hint: t('menu.language'),
      act: () => {
        preferences.set({ language });
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
