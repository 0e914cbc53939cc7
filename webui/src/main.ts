/** Starts the dashboard: the person's preferences, the view that the address names, the live rounds, the keys. */
import '~/styles/index.css';
import { mount } from 'svelte';
import { startLive } from '~/api/live.svelte.ts';
import { prefetch } from '~/api/query.svelte.ts';
import App from '~/app/App.svelte';
import { loadComponent, questionsOf, textsOf } from '~/app/pages.ts';
import { loadMessages, setLocale } from '~/i18n/index.svelte.ts';
import { chooseEnglish, detectLocale } from '~/i18n/locale.svelte.ts';
import { startKeys } from '~/shell/keys.ts';
import { preferences, startPreferences } from '~/theme/preferences.svelte.ts';
import { followAddress, view } from '~/view/view.svelte.ts';

const target = document.getElementById('app');
if (target === null) throw new Error('index.html has no #app');

startPreferences();
const { range, language } = preferences.current;
followAddress(range === null ? {} : { range: { preset: range } });

// Code and texts are asked for first, since they take no thought; the server thinks about the figures while they arrive.
// App asks for the page's code again and finds it, or says that it could not be loaded.
const { page } = view.current;
void loadComponent(page).catch(() => undefined);
chooseEnglish(navigator.languages);
await setLocale(language ?? detectLocale(navigator.languages));
const texts = loadMessages('start', ...textsOf(page));
const answered = Promise.all(questionsOf(view.current).map(prefetch));
try {
  await texts;
} catch (error) {
  // After an upgrade an old page asks for files that are gone. There are no words in any language but these.
  target.textContent = 'The dashboard could not be loaded. Load the page again.';
  throw error;
}

mount(App, { target, props: { answered } });
startLive();
startKeys();
