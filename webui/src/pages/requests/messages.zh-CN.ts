import type { Translation } from '~/i18n/catalog.ts';
import type english from './messages.en.ts';

export default {} satisfies Translation<typeof english>;
