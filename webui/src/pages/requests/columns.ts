/**
 * The columns of the log. A view names them by id, or a preset by its name as the only element; null is the default preset.
 * `width` is in CSS pixels; columns that `grow` share what is left over.
 */
import { session } from '~/api/session.svelte.ts';
import type { Filter } from '~/view/types.ts';
import { isNumber, NUMBERS, type NumberColumn } from './numbers.ts';

/** What the API can sort by. */
export const SORTS = [
  'occurred_at',
  'cost_nanos',
  'latency_ms',
  'ttft_ms',
  'total_tokens',
  'output_tokens',
] as const;
export type Sort = (typeof SORTS)[number];

export type TextColumn = 'endpoint' | 'client' | 'provider' | 'effort' | 'tier' | 'request';
export type ColumnId =
  | 'time'
  | 'result'
  | 'model'
  | 'credential'
  | 'key'
  | 'message'
  | 'latency'
  | TextColumn
  | NumberColumn;

export interface Column {
  readonly id: ColumnId;
  readonly sort: Sort | null;
  readonly width: number;
  readonly grow: boolean;
  readonly end: boolean;
}

const column = (id: ColumnId, width: number, more: Partial<Omit<Column, 'id' | 'width'>> = {}): Column => ({
  id,
  width,
  sort: null,
  grow: false,
  end: id in NUMBERS,
  ...more,
});

/** In the order in which they stand, whatever the order in which they were chosen. */
export const COLUMNS: readonly Column[] = [
  column('time', 92, { sort: 'occurred_at' }),
  column('result', 64),
  column('message', 320, { grow: true }),
  column('model', 210, { grow: true }),
  column('provider', 120),
  column('effort', 84),
  column('tier', 92),
  column('credential', 176),
  column('key', 166),
  column('client', 156),
  column('endpoint', 190),
  column('uncached', 86),
  column('cache_read', 94),
  column('cache_write', 100),
  column('input', 76),
  column('cache_hit', 82),
  column('output', 76, { sort: 'output_tokens' }),
  column('reasoning', 92),
  column('total', 76, { sort: 'total_tokens' }),
  column('ttft', 92, { sort: 'ttft_ms' }),
  column('latency', 184, { sort: 'latency_ms', end: true }),
  column('speed', 88),
  column('cost', 90, { sort: 'cost_nanos' }),
  column('request', 116),
];

/** The column that always stands first. */
export const FIRST: ColumnId = 'time';

export const PRESETS = {
  default: [
    'time',
    'result',
    'model',
    'credential',
    'key',
    'input',
    'cache_hit',
    'output',
    'latency',
    'cost',
  ],
  timing: ['time', 'result', 'model', 'credential', 'endpoint', 'output', 'ttft', 'latency', 'speed'],
  tokens: [
    'time',
    'result',
    'model',
    'uncached',
    'cache_read',
    'cache_write',
    'input',
    'cache_hit',
    'output',
    'reasoning',
    'total',
    'cost',
  ],
  failures: ['time', 'result', 'message', 'model', 'credential', 'key', 'latency'],
  origin: [
    'time',
    'result',
    'model',
    'provider',
    'credential',
    'key',
    'client',
    'endpoint',
    'cost',
    'request',
  ],
} as const satisfies Record<string, readonly ColumnId[]>;

export type Preset = keyof typeof PRESETS;
export const PRESET_NAMES = Object.keys(PRESETS) as readonly Preset[];

const PLAIN: Preset = 'default';

/** Columns that there are: whoever holds a key sees no account, and one key only. */
export function openColumns(): readonly Column[] {
  return session.isHolder ? COLUMNS.filter(({ id }) => id !== 'credential' && id !== 'key') : COLUMNS;
}

/** An error text needs at least so many token columns. */
const RUN_MIN = 2;

/** What stands when nothing is chosen: of failures, why they failed, and no empty counts of tokens. */
export function plainPreset(filters: readonly Filter[]): Preset {
  const failures = filters.some(
    ({ dimension, negated, values }) =>
      !negated &&
      (dimension === 'error_class' || (dimension === 'result' && values.every((one) => one === 'failed'))),
  );
  return failures ? 'failures' : PLAIN;
}

/** The columns that a view asks for. Unknown ids are left out; the first column is always there. */
export function columnsOf(chosen: readonly string[] | null, plain: Preset = PLAIN): readonly Column[] {
  const preset = presetOf(chosen, plain);
  const ids = new Set<string>(preset === null ? (chosen ?? []) : PRESETS[preset]);
  ids.add(FIRST);
  // A reason takes all that is left, else the model does.
  return openColumns()
    .filter(({ id }) => ids.has(id))
    .map((one) => (one.id === 'model' && ids.has('message') ? { ...one, grow: false } : one));
}

/** The preset that a view shows, also when its columns happen to be those of one; null: a choice of its own. */
export function presetOf(chosen: readonly string[] | null, plain: Preset = PLAIN): Preset | null {
  if (chosen === null) return plain;
  const [only] = chosen;
  if (chosen.length === 1 && only !== undefined && Object.hasOwn(PRESETS, only)) return only as Preset;
  const ids = new Set<string>([FIRST, ...chosen].filter((id) => COLUMNS.some((one) => one.id === id)));
  // Nothing that we know: an address from another version.
  if (ids.size === 1 && !chosen.includes(FIRST)) return PLAIN;
  return (
    PRESET_NAMES.find(
      (name) => PRESETS[name].length === ids.size && PRESETS[name].every((id) => ids.has(id)),
    ) ?? null
  );
}

/** What a view holds for a preset: nothing for the one that stands anyway. */
export function presetColumns(preset: Preset, plain: Preset = PLAIN): readonly string[] | null {
  return preset === plain ? null : [preset];
}

/** `columns` with one more or one less, as a view holds it. */
export function toggled(
  columns: readonly Column[],
  id: ColumnId,
  plain: Preset = PLAIN,
): readonly string[] | null {
  const ids = columns.map((one) => one.id);
  const next = ids.includes(id) ? ids.filter((one) => one !== id) : [...ids, id];
  const sorted = COLUMNS.map((one) => one.id).filter((one) => next.includes(one));
  const preset = presetOf(sorted);
  return preset === null ? sorted : presetColumns(preset, plain);
}

export interface Order {
  readonly by: Sort;
  readonly descending: boolean;
}

export const NEWEST: Order = { by: 'occurred_at', descending: true };

/** The order that a view asks for; newest first where it asks for none that we know. */
export function orderOf(sort: string | null): Order {
  const by = SORTS.find((one) => one === sort?.replace(/^-/, ''));
  return sort === null || by === undefined ? NEWEST : { by, descending: sort.startsWith('-') };
}

/** As a view and the API hold it; null for newest first. */
export function orderText({ by, descending }: Order): string | null {
  if (by === NEWEST.by && descending === NEWEST.descending) return null;
  return descending ? `-${by}` : by;
}

/** A click on a header: the largest first, then the smallest. */
export function clicked(order: Order, by: Sort): Order {
  return { by, descending: order.by === by ? !order.descending : true };
}

/** Columns side by side that a failure has nothing to say in, and its error text therefore stands in; null: there are none. */
export interface Run {
  readonly at: number;
  readonly length: number;
}

/** The longest run of token columns that is wide enough to read a text in, unless the text has a column of its own. */
export function messageRun(columns: readonly Column[]): Run | null {
  if (columns.some(({ id }) => id === 'message')) return null;
  let best: Run | null = null;
  let at = 0;
  for (let index = 0; index <= columns.length; index += 1) {
    const id = columns[index]?.id;
    if (id !== undefined && isNumber(id) && NUMBERS[id].tokens) continue;
    const length = index - at;
    if (length >= RUN_MIN && length > (best?.length ?? 0)) best = { at, length };
    at = index + 1;
  }
  return best;
}
