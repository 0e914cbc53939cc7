import type { IconName } from './icons.ts';

/** An action, a choice (with `checked`) or a link (with `href`) in a menu. */
export interface MenuItem {
  readonly label: string;
  readonly hint?: string | undefined;
  readonly icon?: IconName;
  /** True or false makes it one of several choices. */
  readonly checked?: boolean;
  readonly disabled?: boolean;
  readonly danger?: boolean;
  readonly href?: string;
  readonly onselect?: () => void;
}

/** An item, a title for what follows, or a line. */
export type MenuEntry = MenuItem | { readonly heading: string } | null;
