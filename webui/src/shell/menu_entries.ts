/** The preferences as entries of a menu, for the bar on a desk and the sheet on a phone. */

import type { MenuEntry } from '~/components/menu.ts';
import { LOCALE_NAMES, LOCALES, locale, setLocale, t } from '~/i18n/index.svelte.ts';
import { DENSITIES, preferences, THEMES } from '~/theme/preferences.svelte.ts';
import { rangeText } from '~/view/range_text.ts';
import { view } from '~/view/view.svelte.ts';
import { helpDialog, signOutDialog } from './dialogs.svelte.ts';
import { copyLink } from './notice.svelte.ts';

/**
 * Where CPA's management page is: where the settings say, else beside this dashboard when a proxy serves it below a path
 * of its own. Null where nothing of CPA is known to be.
 */
export function cpaAddress(told: string | null): string | null {
  if (told !== null) return told;
  const { origin, pathname } = new URL(document.baseURI);
  return pathname === '/' ? null : `${origin}/management.html`;
}

/** `cpa` is the address of CPA's own page, null where there is none; `login`: whether there is a session to end. */
export function menuEntries(cpa: string | null, login: boolean): MenuEntry[] {
  const { range } = view.current;
  return [
    { heading: t('menu.theme') },
    ...THEMES.map((theme) => ({
      label: t(`menu.theme.${theme}`),
      checked: preferences.current.theme === theme,
      onselect: () => preferences.set({ theme }),
    })),
    { heading: t('menu.density') },
    ...DENSITIES.map((density) => ({
      label: t(`menu.density.${density}`),
      checked: preferences.density === density,
      onselect: () => preferences.set({ density }),
    })),
    { heading: t('menu.language') },
    ...LOCALES.map((language) => ({
      label: LOCALE_NAMES[language],
      checked: locale.current === language,
      onselect: () => {
        preferences.set({ language });
        void setLocale(language);
      },
    })),
    null,
    ...('preset' in range && preferences.current.range !== range.preset
      ? [
          {
            label: t('menu.default_range', { range: rangeText(range) }),
            onselect: () => preferences.set({ range: range.preset }),
          },
        ]
      : []),
    { label: t('palette.link'), onselect: () => void copyLink() },
    { label: t('menu.discreet'), onselect: () => preferences.toggleDiscreet() },
    { label: t('menu.keys'), hint: '?', onselect: () => helpDialog.open() },
    ...(cpa === null && !login ? [] : [null]),
    ...(cpa === null ? [] : [{ label: t('menu.cpa'), href: cpa }]),
    ...(login ? [{ label: t('menu.sign_out'), onselect: () => signOutDialog.open() }] : []),
  ];
}
