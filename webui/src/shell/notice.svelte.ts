/** A word about something that was done and cannot be seen, such as a copied link. It goes by itself. */
import { copy } from '~/components/copy.ts';
import { t } from '~/i18n/index.svelte.ts';

const SHOWN_MS = 3_000;

let text = $state<string | null>(null);
let timer: ReturnType<typeof setTimeout> | undefined;

export const notice = {
  get text(): string | null {
    return text;
  },
};

export function say(what: string): void {
  text = what;
  clearTimeout(timer);
  timer = setTimeout(() => {
    text = null;
  }, SHOWN_MS);
}

/** Copies an address, this view's if none is given, and says whether it could. */
export async function copyLink(href = window.location.href): Promise<void> {
  say(t((await copy(href)) ? 'notice.link' : 'notice.no_link'));
}
