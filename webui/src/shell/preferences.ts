/** The preferences as entries of a menu, for the bar on a desk and the sheet on a phone. */
import { LOCALE_NAMES, LOCALES, locale, setLocale, t } from '~/i18n/index.svelte.ts';
import type { MenuEntry } from '~/parts/menu.ts';
import { DENSITIES, look, THEMES } from '~/theme/look.svelte.ts';
import { rangeText } from '~/view/range_text.ts';
import { view } from '~/view/view.svelte.ts';
import { helpRequest } from './requests.svelte.ts';

/** `cpa` is the address of CPA's own page, null while it is not known. */
export function preferences(cpa: string | null): MenuEntry[] {
  const { range } = view.current;
  return [
    { heading: t('menu.theme') },
    ...THEMES.map((theme) => ({
      label: t(`menu.theme.${theme}`),
      checked: look.current.theme === theme,
      onselect: () => look.set({ theme }),
    })),
    { heading: t('menu.density') },
    ...DENSITIES.map((density) => ({
      label: t(`menu.density.${density}`),
      checked: look.current.density === density,
      onselect: () => look.set({ density }),
    })),
    { heading: t('menu.language') },
    ...LOCALES.map((language) => ({
      label: LOCALE_NAMES[language],
      checked: locale.current === language,
      onselect: () => {
        look.set({ language });
        void setLocale(language);
      },
    })),
    null,
    ...('preset' in range && look.current.range !== range.preset
      ? [
          {
            label: t('menu.default_range', { range: rangeText(range) }),
            onselect: () => look.set({ range: range.preset }),
          },
        ]
      : []),
    { label: t('menu.discreet'), onselect: () => look.toggleDiscreet() },
    { label: t('menu.keys'), hint: '?', onselect: () => helpRequest.ask() },
    ...(cpa === null ? [] : [null, { label: t('menu.cpa'), href: cpa }]),
  ];
}
