import { createSubscriber } from 'svelte/reactivity';

/** Ticks once a second while anything on the screen reads it. */
const subscribe = createSubscriber((update) => {
  const timer = setInterval(update, 1_000);
  return () => clearInterval(timer);
});

/** The present moment for relative times: reading `now.ms` in markup keeps it current. */
export const now = {
  get ms(): number {
    subscribe();
    return Date.now();
  },
};
