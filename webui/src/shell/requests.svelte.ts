/** Things of the shell that a key, a command or another part can open from anywhere. */
import type { Dimension } from '~/view/types.ts';

interface Offer<Detail> {
  readonly open: (detail: Detail | undefined) => void;
  readonly isVisible: () => boolean;
}

class Request<Detail = never> {
  #offers: Offer<Detail>[] = [];

  /** Offers to open it until the returned function is called; who cannot be seen is passed over. */
  offer(open: Offer<Detail>['open'], isVisible = (): boolean => true): () => void {
    const offer = { open, isVisible };
    this.#offers.push(offer);
    return () => {
      this.#offers = this.#offers.filter((one) => one !== offer);
    };
  }

  ask(detail?: Detail): void {
    this.#offers.findLast((one) => one.isVisible())?.open(detail);
  }
}

/** Which filter to change, and the element to open beside. */
export interface FilterDetail {
  readonly dimension: Dimension;
  readonly negated: boolean;
  readonly anchor: HTMLElement;
}

export const filterRequest = new Request<FilterDetail>();
export const paletteRequest = new Request();
export const helpRequest = new Request();
