/** Dialogs of the shell that a key, a command or another component can open from anywhere. */
import type { Dimension } from '~/view/types.ts';

interface Host<Detail> {
  readonly open: (detail: Detail | undefined) => void;
  readonly isVisible: () => boolean;
}

class Dialog<Detail = never> {
  #hosts: Host<Detail>[] = [];

  /** The component that shows the dialog, until the returned function is called; one that cannot be seen is passed over. */
  register(open: Host<Detail>['open'], isVisible = (): boolean => true): () => void {
    const host = { open, isVisible };
    this.#hosts.push(host);
    return () => {
      this.#hosts = this.#hosts.filter((one) => one !== host);
    };
  }

  /** Whether there is anybody to open it. */
  get isThere(): boolean {
    return this.#hosts.some((one) => one.isVisible());
  }

  open(detail?: Detail): void {
    this.#hosts.findLast((one) => one.isVisible())?.open(detail);
  }
}

/** Which filter to change, and the element to open beside. */
export interface FilterDetail {
  readonly dimension: Dimension;
  readonly negated: boolean;
  readonly anchor: HTMLElement;
}

export const filterDialog = new Dialog<FilterDetail>();
/** Not a dialog, but as far away: the figures of the page's main chart as a file. */
export const chartCsv = new Dialog();
export const paletteDialog = new Dialog();
export const helpDialog = new Dialog();
/** Signs out; a dialog only if that fails. */
export const signOutDialog = new Dialog();
