import type { Environment } from 'vitest/runtime';

/** Tests run in Node, on code compiled for the browser: runes with effects, but no pretended DOM. */
export default {
  name: 'node-client',
  viteEnvironment: 'client',
  setup: () => ({ teardown: () => undefined }),
} satisfies Environment;
