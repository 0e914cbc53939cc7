/**
 * Which language the page speaks. `locale.current` is reactive: whatever reads it in markup is redrawn when it changes.
 * It changes only through `setLocale` in `~/i18n`, after the texts of the new language have arrived.
 */
export const LOCALES = ['en', 'zh-CN', 'zh-TW'] as const;
export type Locale = (typeof LOCALES)[number];

/** Each language under its own name, as a menu of languages shows it. */
export const LOCALE_NAMES: Record<Locale, string> = {
  en: 'English',
  'zh-CN': '简体中文',
  'zh-TW': '繁體中文',
};

let current = $state<Locale>('en');

export const locale = {
  get current(): Locale {
    return current;
  },
};

/** Only `~/i18n` calls this, when the texts are there. */
export function settle(next: Locale): void {
  current = next;
}

/**
 * The first of the browser's languages that we speak, else English. Traditional script is asked for by script subtag
 * (`zh-Hant-HK`) or by the regions that write it.
 */
export function detectLocale(languages: readonly string[]): Locale {
  for (const tag of languages) {
    const [language, ...rest] = tag.toLowerCase().split('-');
    if (language === 'en') return 'en';
    if (language === 'zh') {
      if (rest.includes('hans')) return 'zh-CN';
      return rest.some((part) => ['hant', 'tw', 'hk', 'mo'].includes(part)) ? 'zh-TW' : 'zh-CN';
    }
  }
  return 'en';
}
