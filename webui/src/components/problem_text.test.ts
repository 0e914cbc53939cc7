import { afterEach, beforeAll, expect, test } from 'vitest';
import { Problem } from '~/api/problem.ts';
import { loadMessages, setLocale } from '~/i18n/index.svelte.ts';
import { problemText } from './problem_text.ts';

beforeAll(() => loadMessages('start'));
afterEach(() => setLocale('en'));

const refused = new Problem('rejected', 'invalid_parameter', 'top must be between 1 and 50', 'top');

test('a refusal is in the server’s own words in English, and in the language of the page elsewhere', async () => {
  expect(problemText(refused).text).toBe('top must be between 1 and 50');
  await setLocale('zh-CN');
  expect(problemText(refused).text).toBe('“top”的值无效。');
  await setLocale('zh-TW');
  expect(problemText(refused).text).toBe('「top」的值無效。');
});
