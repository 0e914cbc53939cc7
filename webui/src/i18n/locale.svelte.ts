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

/** How English writes dates: `20 Nov`, or `Nov 20` for who prefers American English. */
let english: 'en-GB' | 'en-US' = 'en-GB';

/** Chooses between the two from the browser's languages; before the first date is written. */
export function chooseEnglish(languages: readonly string[]): void {
  const tag = languages.find((one) => /^en\b/i.test(one)) ?? '';
  english = /^en-us\b/i.test(tag) ? 'en-US' : 'en-GB';
}

/** The tag by which a language of the page writes dates. */
export function dateTag(language: string): string {
  return language.startsWith('en') ? english : language;
}

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
