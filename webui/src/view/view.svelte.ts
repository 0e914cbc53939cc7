/**
 * The view that the screen shows, and the only way to change it.
 *
 *     import { view } from '~/view/view.svelte.ts';
 *     view.current.range                                   // reactive
 *     view.goto({ filters: narrowed(view.current.filters, 'model', id) })      // one step that Back undoes
 *     view.goto({ q }, { replace: true })                  // typing is not a step
 *     <a href={view.href({ page: 'requests', filters })}>  // every mark can be a link: clicks on links of our own are
 *                                                          // handled without loading the page again
 *     view.params()                                        // range and filters as the API wants them
 *
 *     view.leave({ open: null })                           // undoes the step that opened something, see below
 *
 * A change of page drops what belongs to the page that is left (search, open row, …) unless the patch names it; what is
 * only a way of looking (metric, grouping, …) is there again when one comes back.
 */
import { filterParams, pathOf, rangeParams, searchOf, viewOf } from './address.ts';
import { DEFAULT_VIEW, type PageName, type PageState, patched, survivorsOf, type View } from './state.ts';

type Patch = Partial<View>;

/** How each page was looked at when it was left. */
const remembered = new Map<PageName, Partial<PageState>>();

let current = $state.raw<View>(DEFAULT_VIEW);

/** The path that everything of ours lies under, from `<base>`: `/` or `/keeper/`. */
function base(): string {
  return new URL(document.baseURI).pathname;
}

function show(next: View): void {
  if (next.page !== current.page) remembered.set(current.page, survivorsOf(current));
  current = next;
}

function next(patch: Patch): View {
  return patched(current, patch, (page) => remembered.get(page) ?? {});
}

function fromLocation(): View {
  const { pathname, search } = window.location;
  const root = base();
  return viewOf(pathname.startsWith(root) ? pathname.slice(root.length) : '', search);
}

export const view = {
  get current(): View {
    return current;
  },

  /** The address of the present view with a change. */
  href(patch: Patch = {}): string {
    const shown = next(patch);
    const search = searchOf(shown);
    return base() + pathOf(shown) + (search === '' ? '' : `?${search}`);
  },

  goto(patch: Patch, { replace = false }: { replace?: boolean } = {}): void {
    const href = view.href(patch);
    const same = href === window.location.pathname + window.location.search;
    // What a step replaces is not where it came from.
    if (replace || same) window.history.replaceState(window.history.state, '', href);
    else window.history.pushState({ from: window.location.href }, '', href);
    show(next(patch));
  },

  /**
   * Goes where `patch` leads; when the last step came from there, by going back, so that Back does not open again what
   * was just closed.
   */
  leave(patch: Patch): void {
    const from: unknown = window.history.state?.from;
    if (from !== new URL(view.href(patch), window.location.href).href) {
      view.goto(patch, { replace: true });
      return;
    }
    show(next(patch));
    window.history.back();
  },

  /** Range and filters of the present view as parameters of an API question; `more` comes after them. */
  params(more: Iterable<readonly [string, string]> = []): [string, string][] {
    const own = [...rangeParams(current.range), ...filterParams(current.filters)];
    return [...own, ...[...more].map(([name, value]): [string, string] => [name, value])];
  },
};

/**
 * Shows what the address says and follows it from now on. On a bare address the person's own defaults apply; they are
 * written into the address, so that a copied link shows the same view elsewhere. Answers how to stop following.
 */
export function followAddress(defaults: Patch = {}): () => void {
  remembered.clear();
  current = fromLocation();
  if (window.location.search === '') view.goto(defaults, { replace: true });

  const onPop = (): void => show(fromLocation());
  const onClick = (event: MouseEvent): void => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (link === null || link.target !== '' || link.hasAttribute('download')) return;
    const url = new URL(link.href, document.baseURI);
    if (url.origin !== window.location.origin || !isOurs(url.pathname)) return;
    event.preventDefault();
    if (url.href !== window.location.href) {
      window.history.pushState({ from: window.location.href }, '', url);
    }
    show(fromLocation());
  };
  window.addEventListener('popstate', onPop);
  document.addEventListener('click', onClick);
  return () => {
    window.removeEventListener('popstate', onPop);
    document.removeEventListener('click', onClick);
  };
}

/** Whether a path is one of our pages and not a file or an API address under the same base. */
function isOurs(pathname: string): boolean {
  const root = base();
  if (!pathname.startsWith(root)) return false;
  const path = pathname.slice(root.length);
  return path === '' || pathOf(viewOf(path, '')) === path;
}
