/**
 * The box in which rows scroll: where it is scrolled to, how much of it shows rows, and how high a row is, all in CSS
 * pixels. `--row-height` and `--divider-height` of the box say how high rows and dividers are; whatever of it sticks at the top has `data-sticks`.
 */
import type { Attachment } from 'svelte/attachments';
import { revealing, type Sight } from './window.ts';

export class Scroller implements Sight {
  scrollTop = $state(0);
  /** Whether columns are hidden behind the first one. */
  shifted = $state(false);
  viewport = $state(0);
  row = $state(0);
  divider = $state(0);
  /** Which rows are dividers, ascending. */
  dividers: readonly number[] = [];
  #box: HTMLElement | null = null;

  readonly attach: Attachment<HTMLElement> = (box) => {
    this.#box = box;
    const scrolled = (): void => {
      this.scrollTop = box.scrollTop;
      this.shifted = box.scrollLeft > 0;
    };
    const resized = new ResizeObserver(() => this.measure());
    resized.observe(box);
    box.addEventListener('scroll', scrolled, { passive: true });
    this.measure();
    return () => {
      resized.disconnect();
      box.removeEventListener('scroll', scrolled);
      this.#box = null;
    };
  };

  /** Reads the heights again: after the box, the density or the layout has changed. */
  measure(): void {
    if (this.#box === null) return;
    const head = this.#box.querySelector<HTMLElement>('[data-sticks]')?.offsetHeight ?? 0;
    this.viewport = Math.max(0, this.#box.clientHeight - head);
    const style = getComputedStyle(this.#box);
    this.row = Number.parseFloat(style.getPropertyValue('--row-height')) || 0;
    this.divider = Number.parseFloat(style.getPropertyValue('--divider-height')) || 0;
    this.scrollTop = this.#box.scrollTop;
  }

  scrollTo(top: number): void {
    this.#box?.scrollTo({ top });
  }

  /** Brings row `index` wholly into sight. */
  reveal(index: number): void {
    const top = revealing(this, index, this.dividers, this.dividers.length > 0 ? this.divider : 0);
    if (top !== this.scrollTop) this.scrollTo(top);
  }
}
