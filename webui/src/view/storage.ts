/**
 * What this browser keeps for this dashboard. Two dashboards on one host, below paths of their own, share a storage: the
 * keys carry the base path. Storage may be full or forbidden: what is kept is then gone when the page is.
 */
export function storageKey(name: string): string {
  const base = typeof document === 'undefined' ? '/' : new URL(document.baseURI).pathname;
  return `keeper${base}${name}`;
}

export function readStored(name: string): string | null {
  try {
    return localStorage.getItem(storageKey(name));
  } catch {
    return null;
  }
}

/** Keeps a text, or with null forgets it. */
export function store(name: string, text: string | null): void {
  try {
    if (text === null) localStorage.removeItem(storageKey(name));
    else localStorage.setItem(storageKey(name), text);
  } catch {
    // See above.
  }
}
