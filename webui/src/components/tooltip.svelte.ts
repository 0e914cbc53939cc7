/**
 * An explanation on hover, focus or long press: `<button {@attach tooltip(() => t('…'))}>`, or with a snippet for more than
 * a line: `{@attach tooltip(() => explanation)}`. There is one tooltip on the page; TooltipLayer draws it. Nothing that one
 * must read may be only in a tooltip, and nothing in it can be clicked.
 */
import type { Snippet } from 'svelte';
import type { Attachment } from 'svelte/attachments';

export type TooltipContent = string | Snippet;

export interface Shown {
  readonly anchor: Element;
  readonly content: TooltipContent;
}

const DELAY_MS = 350;
/** Moving from one mark to the next shows the next at once. */
const WARM_MS = 250;

export const TOOLTIP_ID = 'tooltip';

let shown = $state.raw<Shown | null>(null);
let hiddenAt = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

export const tooltipShown = {
  get current(): Shown | null {
    return shown;
  },
};

export function hideTooltip(): void {
  clearTimeout(timer);
  if (shown === null) return;
  shown.anchor.removeAttribute('aria-describedby');
  hiddenAt = performance.now();
  shown = null;
}

export function tooltip(content: () => TooltipContent | null): Attachment {
  return (anchor) => {
    const show = (): void => {
      const now = content();
      if (now === null) return;
      shown = { anchor, content: now };
      anchor.setAttribute('aria-describedby', TOOLTIP_ID);
    };
    const enter = (event: Event): void => {
      if (event instanceof PointerEvent && event.pointerType === 'touch') return;
      clearTimeout(timer);
      timer = setTimeout(show, performance.now() - hiddenAt < WARM_MS ? 0 : DELAY_MS);
    };
    const focus = (): void => {
      if (anchor.matches(':focus-visible')) show();
    };
    const leave = (): void => {
      clearTimeout(timer);
      if (shown?.anchor === anchor) hideTooltip();
    };
    const events: [string, (event: Event) => void][] = [
      ['pointerenter', enter],
      ['focus', focus],
      ['contextmenu', show], // a long press on a touch screen
      ['pointerleave', leave],
      ['blur', leave],
      ['pointerdown', leave],
    ];
    for (const [name, listener] of events) anchor.addEventListener(name, listener);
    return () => {
      leave();
      for (const [name, listener] of events) anchor.removeEventListener(name, listener);
    };
  };
}
