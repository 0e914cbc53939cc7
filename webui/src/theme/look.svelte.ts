/**
 * How this person likes the dashboard: theme, density, language, and what a bare address shows. Kept in this browser
 * (`keeper.look`), never in the URL. The inline script of index.html reads the same entry before the first paint.
 */
import { LOCALES, type Locale } from '~/i18n/locale.svelte.ts';
import { PRESETS, type Preset } from '~/view/types.ts';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];
export const DENSITIES = ['comfortable', 'compact'] as const;
export type Density = (typeof DENSITIES)[number];

export interface Look {
  readonly theme: Theme;
  readonly density: Density;
  /** Null: as the browser prefers. */
  readonly language: Locale | null;
  /** What a bare address shows. */
  readonly range: Preset | null;
}

const PLACE = 'keeper.look';
const PLAIN: Look = { theme: 'system', density: 'comfortable', language: null, range: null };

let current = $state.raw<Look>(PLAIN);
let systemDark = $state(false);
/** For a screenshot: names, keys and money are blurred until the page is loaded again. */
let discreet = $state(false);

export const look = {
  get current(): Look {
    return current;
  },
  /** The theme in force, the system's choice resolved. */
  get dark(): boolean {
    return current.theme === 'dark' || (current.theme === 'system' && systemDark);
  },
  get discreet(): boolean {
    return discreet;
  },
  set(patch: Partial<Look>): void {
    current = { ...current, ...patch };
    try {
      localStorage.setItem(PLACE, JSON.stringify(current));
    } catch {
      // Storage may be full or forbidden: the choice then lasts until the page is loaded again.
    }
    apply();
  },
  toggleDiscreet(): void {
    discreet = !discreet;
    apply();
  },
};

/** Reads what is kept and follows the system's theme; answers how to stop following. */
export function startLook(): () => void {
  current = lookOf(kept());
  const media = window.matchMedia('(prefers-color-scheme: dark)');
  const follow = (): void => {
    systemDark = media.matches;
    apply();
  };
  follow();
  media.addEventListener('change', follow);
  return () => media.removeEventListener('change', follow);
}

/** What was kept, with everything that is not one of ours left at its default. */
export function lookOf(text: string | null): Look {
  let found: unknown;
  try {
    found = JSON.parse(text ?? '');
  } catch {
    return PLAIN;
  }
  if (typeof found !== 'object' || found === null) return PLAIN;
  const entry = found as Record<string, unknown>;
  return {
    theme: THEMES.find((one) => one === entry['theme']) ?? PLAIN.theme,
    density: DENSITIES.find((one) => one === entry['density']) ?? PLAIN.density,
    language: LOCALES.find((one) => one === entry['language']) ?? null,
    range: PRESETS.find((one) => one === entry['range']) ?? null,
  };
}

function kept(): string | null {
  try {
    return localStorage.getItem(PLACE);
  } catch {
    return null;
  }
}

function apply(): void {
  const root = document.documentElement;
  root.dataset['theme'] = look.dark ? 'dark' : 'light';
  root.toggleAttribute('data-discreet', discreet);
  if (current.density === 'compact') root.dataset['density'] = 'compact';
  else delete root.dataset['density'];
  const bar = look.dark ? '#151a21' : '#ffffff';
  document.querySelector('meta[name="theme-color"]')?.setAttribute('content', bar);
}
