/**
 * Arrow keys among things of one kind, of which only one is a tab stop: menus, tabs, lists. Answers the element that the
 * key moves to, or null when the key is none of ours.
 */
export function nextByKey(
  key: string,
  all: readonly HTMLElement[],
  from: Element | null,
  axis: 'vertical' | 'horizontal' = 'vertical',
): HTMLElement | null {
  if (all.length === 0) return null;
  const [next, previous] = axis === 'vertical' ? ['ArrowDown', 'ArrowUp'] : ['ArrowRight', 'ArrowLeft'];
  const at = (all as readonly (Element | null)[]).indexOf(from);
  if (key === next) return all[(at + 1) % all.length] ?? null;
  if (key === previous) return all[at <= 0 ? all.length - 1 : at - 1] ?? null;
  if (key === 'Home') return all[0] ?? null;
  if (key === 'End') return all[all.length - 1] ?? null;
  return null;
}

/** The next element after `from` whose text begins with `letter`, going round. */
export function nextByLetter(
  letter: string,
  all: readonly HTMLElement[],
  from: Element | null,
): HTMLElement | null {
  const at = (all as readonly (Element | null)[]).indexOf(from);
  const turned = [...all.slice(at + 1), ...all.slice(0, at + 1)];
  return turned.find((one) => one.textContent?.trim().toLowerCase().startsWith(letter.toLowerCase())) ?? null;
}
