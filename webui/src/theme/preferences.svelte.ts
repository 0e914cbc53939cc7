/**
 * How this person likes the dashboard: theme, density, language, and what a bare address shows. Kept in this browser
 * (view/storage.ts), never in the URL. The inline script of index.html reads the same entry before the first paint.
 */
import { LOCALES, type Locale } from '~/i18n/locale.svelte.ts';
import { readStored, store } from '~/view/storage.ts';
import { PRESETS, type Preset } from '~/view/types.ts';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];
export const DENSITIES = ['comfortable', 'compact'] as const;
export type Density = (typeof DENSITIES)[number];

export interface Preferences {
  readonly theme: Theme;
  /** Null: as there is room. */
  readonly density: Density | null;
  /** Null: as the browser prefers. */
  readonly language: Locale | null;
  /** What a bare address shows. */
  readonly range: Preset | null;
}

const STORED = 'preferences';
const DEFAULTS: Preferences = { theme: 'system', density: null, language: null, range: null };

let current = $state.raw<Preferences>(DEFAULTS);
let systemDark = $state(false);
/** A screen that shows a table whole: there, what counts is how many rows it shows. */
let roomy = $state(false);
const ROOMY = '(min-width: 1440px)';
/** For a screenshot: names, keys and money are blurred until the page is loaded again. */
let discreet = $state(false);

export const preferences = {
  get current(): Preferences {
    return current;
  },
  /** The theme in force, the system's choice resolved. */
  get dark(): boolean {
    return current.theme === 'dark' || (current.theme === 'system' && systemDark);
  },
  /** The density in force: compact by default where the screen is wide. */
  get density(): Density {
    return current.density ?? (roomy ? 'compact' : 'comfortable');
  },
  get discreet(): boolean {
    return discreet;
  },
  set(patch: Partial<Preferences>): void {
    current = { ...current, ...patch };
    store(STORED, JSON.stringify(current));
    apply();
  },
  toggleDiscreet(): void {
    discreet = !discreet;
    apply();
  },
};

/** Reads what is kept and follows the system's theme and the width of the screen; answers how to stop following. */
export function startPreferences(): () => void {
  current = preferencesOf(readStored(STORED));
  const media = ['(prefers-color-scheme: dark)', ROOMY].map((query) => window.matchMedia(query));
  const follow = (): void => {
    [systemDark = false, roomy = false] = media.map(({ matches }) => matches);
    apply();
  };
  follow();
  for (const one of media) one.addEventListener('change', follow);
  return () => {
    for (const one of media) one.removeEventListener('change', follow);
  };
}

/** What was kept, with everything that is not one of ours left at its default. */
export function preferencesOf(text: string | null): Preferences {
  let found: unknown;
  try {
    found = JSON.parse(text ?? '');
  } catch {
    return DEFAULTS;
  }
  if (typeof found !== 'object' || found === null) return DEFAULTS;
  const entry = found as Record<string, unknown>;
  return {
    theme: THEMES.find((one) => one === entry['theme']) ?? DEFAULTS.theme,
    density: DENSITIES.find((one) => one === entry['density']) ?? DEFAULTS.density,
    language: LOCALES.find((one) => one === entry['language']) ?? null,
    range: PRESETS.find((one) => one === entry['range']) ?? null,
  };
}

function apply(): void {
  const root = document.documentElement;
  root.dataset['theme'] = preferences.dark ? 'dark' : 'light';
  root.toggleAttribute('data-discreet', discreet);
  if (preferences.density === 'compact') root.dataset['density'] = 'compact';
  else delete root.dataset['density'];
  const bar = preferences.dark ? '#151a21' : '#ffffff';
  document.querySelector('meta[name="theme-color"]')?.setAttribute('content', bar);
}
