import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { loadMessages, locale, pieces, setLocale, t } from './index.svelte.ts';
import { detectLocale, LOCALES } from './locale.svelte.ts';
import { fill, formOf, type Message, piecesOf } from './message.ts';

const SOURCES = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Every folder with texts. */
const folders = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('messages.en.ts'))
  .map((name) => dirname(name));

async function texts(folder: string, language: string): Promise<Record<string, Message>> {
  const file = (await import(join(SOURCES, folder, `messages.${language}.ts`))) as {
    default: Record<string, Message>;
  };
  return file.default;
}

const slotsOf = (message: Message): string[] =>
  piecesOf(formOf(message, undefined, 'en'))
    .flatMap((piece) => (typeof piece === 'string' ? [] : [piece.slot]))
    .sort();

describe.each(folders)('the texts in %s', (folder) => {
  it.each(LOCALES.filter((language) => language !== 'en'))(
    'say in %s all that English says',
    async (language) => {
      const [english, other] = await Promise.all([texts(folder, 'en'), texts(folder, language)]);
      expect(Object.keys(other).sort()).toEqual(Object.keys(english).sort());
      for (const [key, message] of Object.entries(english)) {
        const translated = other[key] ?? '';
        // A language without plural forms may leave the count out of a sentence that has it elsewhere, but adds no slot.
        const own = slotsOf(translated).filter((slot) => slot !== 'count');
        expect([key, own]).toEqual([key, slotsOf(message).filter((slot) => slot !== 'count')]);
        expect([key, formOf(translated, 1, language).trim()]).not.toEqual([key, '']);
      }
    },
  );

  it('are quiet: no exclamation marks, no "oops"', async () => {
    for (const language of LOCALES) {
      for (const [key, message] of Object.entries(await texts(folder, language))) {
        const forms = typeof message === 'string' ? [message] : Object.values(message);
        for (const form of forms)
          expect([key, form]).toEqual([key, expect.not.stringMatching(/[!！]|oops/i)]);
      }
    }
  });

  it('use the characters of their own script', async () => {
    const simplified = JSON.stringify(await texts(folder, 'zh-CN'));
    const traditional = JSON.stringify(await texts(folder, 'zh-TW'));
    expect(simplified).not.toMatch(/[請時間資類錯誤載選擇關閉鍵]/);
    expect(traditional).not.toMatch(/[请时间资类错误载选择关闭键]/);
  });
});

describe('the language of the browser', () => {
  it.each([
    [['zh-CN', 'en'], 'zh-CN'],
    [['zh'], 'zh-CN'],
    [['zh-Hant-HK'], 'zh-TW'],
    [['zh-TW'], 'zh-TW'],
    [['zh-MO'], 'zh-TW'],
    [['zh-Hans-HK'], 'zh-CN'],
    [['zh-SG'], 'zh-CN'],
    [['de-DE', 'zh-tw', 'en-US'], 'zh-TW'],
    [['en-GB', 'zh-CN'], 'en'],
    [['fr'], 'en'],
    [[], 'en'],
  ])('%j means %s', (languages, expected) => {
    expect(detectLocale(languages)).toBe(expected);
  });
});

describe('a message', () => {
  it('has its slots filled, numbers as the language writes them', () => {
    expect(fill('{count} of {total}', { count: 1_234, total: 'many' }, 'en')).toBe('1,234 of many');
    expect(fill('{missing} stays', {}, 'en')).toBe('{missing} stays');
    expect(fill('{name}', { name: '{count}' }, 'en')).toBe('{count}');
  });

  it('takes the plural form of its count', () => {
    const message = { one: '{count} row', other: '{count} rows' };
    expect([0, 1, 2].map((count) => formOf(message, count, 'en'))).toEqual([
      '{count} rows',
      '{count} row',
      '{count} rows',
    ]);
    expect(formOf(message, 1, 'zh-CN')).toBe('{count} rows');
  });

  it('can be cut at its slots', () => {
    expect(piecesOf('{a} and {b}.')).toEqual([{ slot: 'a' }, ' and ', { slot: 'b' }, '.']);
    expect(piecesOf('')).toEqual([]);
  });
});

describe('a change of language', () => {
  afterEach(() => setLocale('en'));

  it('comes in force with all texts at once', async () => {
    await loadMessages('start');
    expect(t('page.requests')).toBe('Requests');
    const changing = setLocale('zh-TW');
    expect([locale.current, t('page.requests')]).toEqual(['en', 'Requests']);
    await changing;
    expect([locale.current, t('page.requests')]).toEqual(['zh-TW', '請求']);
  });

  it('is the last one asked for, however they arrive', async () => {
    await loadMessages('start');
    await Promise.all([setLocale('zh-CN'), setLocale('zh-TW')]);
    expect([locale.current, t('page.requests')]).toEqual(['zh-TW', '請求']);
  });

  it('takes along the texts of a page that is being opened meanwhile', async () => {
    await setLocale('en');
    await Promise.all([setLocale('zh-CN'), loadMessages('requests')]);
    expect(locale.current).toBe('zh-CN');
    expect(t('page.overview')).toBe('概览');
    const english = await texts('pages/requests', 'en');
    const chinese = await texts('pages/requests', 'zh-CN');
    const key = Object.keys(english).find(
      (one) => typeof english[one] === 'string' && english[one] !== chinese[one],
    );
    if (key !== undefined) expect(pieces(key as 'app.name').join('')).not.toBe(english[key]);
  });
});
