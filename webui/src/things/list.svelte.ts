/** The list that a drawer was opened from: its things in order, so that J and K lead from one to the next. */
let order = $state.raw<() => readonly string[]>(() => []);

/** A page's list of things, as the address holds them, until the returned function is called. */
export function listThings(things: () => readonly string[]): () => void {
  order = things;
  return () => {
    if (order === things) order = () => [];
  };
}

/** The next or the previous one of the list; null where there is none. */
export function neighbourOf(thing: string, step: 1 | -1): string | null {
  const all = order();
  const at = all.indexOf(thing);
  return at < 0 ? null : (all[at + step] ?? null);
}
