/** What keys do on this page. `/` belongs to the whole dashboard, which leaves keys alone while a dialog is open. */
export type Act = 'next' | 'previous' | 'close' | 'search';

const FIELDS = 'input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]';

/** What a key means here, or null where it is somebody else's. `isOpen`: the drawer is. */
export function pressedKey(event: KeyboardEvent, isOpen: boolean): Act | null {
  if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey || event.isComposing)
    return null;
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest(FIELDS) || document.querySelector('[popover=auto]:popover-open')) return null;
  // Another dialog above the page has the keys; the drawer itself does not take them.
  const dialogs = [...document.querySelectorAll('dialog[open]')];
  if (dialogs.length > (isOpen ? 1 : 0)) return null;
  switch (event.key) {
    case 'j':
      return 'next';
    case 'k':
      return 'previous';
    case 'ArrowDown':
    case 'ArrowUp':
      if (!target?.closest('[data-row]')) return null;
      return event.key === 'ArrowDown' ? 'next' : 'previous';
    case 'Escape':
      return isOpen ? 'close' : null;
    case '/':
      return isOpen && document.querySelector('dialog:modal') === null ? 'search' : null;
    default:
      return null;
  }
}
