/**
 * What keys do, wherever one is. `press` answers a key or a pair of them (`g`, then `o`); a key that a field, a chart or a
 * dialog needs for itself never gets here.
 */
import { live } from '~/api/live.svelte.ts';
import { pages } from '~/pages/pages.ts';
import { preferences } from '~/theme/preferences.svelte.ts';
import { reachablePages } from '~/view/holder.ts';
import { thisMoment } from '~/view/moment.svelte.ts';
import { stepped } from '~/view/ranges.ts';
import { isApart } from '~/view/state.ts';
import { view } from '~/view/view.svelte.ts';
import { filterDialog, helpDialog, paletteDialog } from './dialogs.svelte.ts';

/** How long the second key of a pair may take. */
const PAIR_MS = 1_200;

const everywhere: Readonly<Record<string, () => void>> = {
  '?': () => helpDialog.open(),
  '/': search,
  p: () => live.toggle(),
  b: () => preferences.toggleDiscreet(),
};

/** Where there are a range and filters. */
const ofFigures: Readonly<Record<string, () => void>> = {
  f: () => filterDialog.open(),
  t: () => view.goto({ range: { preset: 'today' } }),
  x: () => view.goto({ compare: view.current.compare === 'none' ? 'previous' : 'none' }),
  ArrowLeft: () => step(-1),
  ArrowRight: () => step(1),
};

let prefixAt = Number.NEGATIVE_INFINITY;

/** Follows the keyboard; answers how to stop. */
export function startKeys(): () => void {
  document.addEventListener('keydown', press);
  return () => document.removeEventListener('keydown', press);
}

function press(event: KeyboardEvent): void {
  if ((event.metaKey || event.ctrlKey) && !event.altKey && event.key.toLowerCase() === 'k') {
    event.preventDefault();
    paletteDialog.open();
    return;
  }
  if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey || isTaken(event)) return;
  const page = reachablePages().find((name) => pages[name].key === event.key);
  if (page !== undefined && event.timeStamp - prefixAt < PAIR_MS) {
    prefixAt = Number.NEGATIVE_INFINITY;
    event.preventDefault();
    view.goto({ page });
    return;
  }
  prefixAt = event.key === 'g' ? event.timeStamp : Number.NEGATIVE_INFINITY;
  const act = everywhere[event.key] ?? (isApart(view.current.page) ? undefined : ofFigures[event.key]);
  if (act === undefined) return;
  event.preventDefault();
  act();
}

/** Whether the key belongs to what has the focus, or something is open above the page. */
function isTaken(event: KeyboardEvent): boolean {
  const target = event.target instanceof Element ? event.target : null;
  // A field in a box that was just closed has the focus for another moment, and no use for keys.
  const field = target?.closest('input, textarea, select, [contenteditable]');
  if (field === undefined || field?.checkVisibility()) return true;
  if (document.querySelector('dialog[open], [popover=auto]:popover-open') !== null) return true;
  const arrows = event.key.startsWith('Arrow');
  return arrows && target?.closest('[role=tablist], [role=grid], [role=application], [role=slider]') != null;
}

function search(): void {
  const field = document.querySelector<HTMLElement>('[data-search]');
  if (field === null) paletteDialog.open();
  else field.focus();
}

function step(direction: -1 | 1): void {
  const range = stepped(view.current.range, direction, thisMoment());
  if (range !== null) view.goto({ range });
}
