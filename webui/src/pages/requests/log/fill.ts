import type { Attachment } from 'svelte/attachments';

/**
 * Gives an element the height that is left of the window below its top edge, less `below` pixels, and never less than
 * `least`: whatever stands above it may come and go.
 */
export function fill(below: number, least: number): Attachment<HTMLElement> {
  return (element) => {
    const adjust = (): void => {
      const top = element.getBoundingClientRect().top + window.scrollY;
      element.style.height = `max(${least}px, calc(100dvh - ${Math.ceil(top + below)}px))`;
    };
    // Whatever appears above makes the page longer, until this element has made room for it.
    const resized = new ResizeObserver(adjust);
    resized.observe(document.body);
    window.addEventListener('resize', adjust);
    adjust();
    return () => {
      resized.disconnect();
      window.removeEventListener('resize', adjust);
    };
  };
}
