import type { Translation } from './catalog.ts';
import type english from './messages.en.ts';

export default {
  'app.name': 'Keeper',
} satisfies Translation<typeof english>;
