/** Things of the shell that a key or a command can open from anywhere: the latest component that offers them answers. */
class Request {
  #answers: (() => void)[] = [];

  /** Offers to answer until the returned function is called. */
  answer(open: () => void): () => void {
    this.#answers.push(open);
    return () => {
      this.#answers = this.#answers.filter((one) => one !== open);
    };
  }

  /** Asks for it; false when nobody offers it. */
  ask(): boolean {
    const open = this.#answers.at(-1);
    open?.();
    return open !== undefined;
  }
}

export const filterRequest = new Request();
export const paletteRequest = new Request();
export const helpRequest = new Request();
