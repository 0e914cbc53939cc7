/** Starts the dashboard: the person's look and language, the view that the address names, the live rounds, the keys. */
import '~/styles/index.css';
import { mount } from 'svelte';
import { startLive } from '~/api/live.svelte.ts';
import App from '~/app/App.svelte';
import { pages } from '~/app/pages.ts';
import { loadMessages, setLocale } from '~/i18n/index.svelte.ts';
import { detectLocale } from '~/i18n/locale.svelte.ts';
import { startKeys } from '~/shell/keys.ts';
import { look, startLook } from '~/theme/look.svelte.ts';
import { followAddress, view } from '~/view/view.svelte.ts';

const target = document.getElementById('app');
if (target === null) throw new Error('index.html has no #app');

startLook();
const { range, language } = look.current;
followAddress(range === null ? {} : { range: { preset: range } });

// The page's code is on its way while the texts are; App asks for it again and finds it.
void pages[view.current.page].component().catch(() => undefined);
await setLocale(language ?? detectLocale(navigator.languages));
await loadMessages('shell', ...pages[view.current.page].messages);

mount(App, { target });
startLive();
startKeys();
