/** The table of prices: a row a model, with what is known of its price, put together from what the API tells apart. */
import type { Prices, PriceVersion, UnpricedModel } from '~/api/types.ts';
import type { Shown } from './parameters.ts';

export interface PriceRow {
  readonly model: string;
  /** Of the selected time, with and without a price. */
  readonly requests: number;
  /** Nano-dollars; null: none of them has a price. */
  readonly cost: number | null;
  readonly unpriced: UnpricedModel | null;
  /** What a request of now would cost by, before rules; null: nothing. */
  readonly price: PriceVersion | null;
  /** Every version that can concern the model, newest beginning first. */
  readonly versions: readonly PriceVersion[];
  /** The version that will take its place. */
  readonly next: PriceVersion | null;
  readonly matchedBy: readonly string[];
  readonly marks: readonly string[];
}

const STRENGTH = ['manual', 'synced', 'bundled'] as const;

export const beginning = (version: PriceVersion): number =>
  version.effective_from === null ? 0 : Date.parse(version.effective_from);

/** By beginning, what was entered later last. */
function inOrder(a: PriceVersion, b: PriceVersion): number {
  return beginning(a) - beginning(b) || Number(a.id) - Number(b.id);
}

/** Base prices for everybody: no tier, no hours, no single provider (a bundled one names its seller there). */
export function isBase(version: PriceVersion): boolean {
  const general = version.source === 'bundled' || version.provider === '';
  return general && version.service_tier === '' && version.hours === null && version.retired_at === null;
}

/** The base version in force at a moment: what a person entered before what was synced before the catalogue. */
export function inForce(versions: readonly PriceVersion[], at: number): PriceVersion | null {
  for (const source of STRENGTH) {
    const begun = versions
      .filter((one) => one.source === source && isBase(one) && beginning(one) <= at)
      .sort(inOrder);
    const last = begun.at(-1);
    if (last !== undefined && !last.ends) return last;
  }
  return null;
}

/** Whether another version was entered for the same beginning later: it counts, this one does not any more. */
export function isReplaced(version: PriceVersion, versions: readonly PriceVersion[]): boolean {
  return versions.some(
    (other) =>
      other.source === version.source &&
      other.provider === version.provider &&
      other.service_tier === version.service_tier &&
      beginning(other) === beginning(version) &&
      Number(other.id) > Number(version.id) &&
      version.source !== 'bundled',
  );
}

/** All models: those without a price first, then the dearest. `at` is now. */
export function rowsOf(prices: Prices, at: number): PriceRow[] {
  const names = new Map<string, string>();
  const learn = (name: string) => {
    if (!names.has(name.toLowerCase())) names.set(name.toLowerCase(), name);
  };
  for (const one of [...prices.unpriced, ...prices.in_use]) learn(one.model);
  const aliased = new Set(prices.in_use.map(({ price }) => price.model.toLowerCase()));
  for (const one of prices.edited) if (!aliased.has(one.model.toLowerCase())) learn(one.model);
  return [...names.values()].map((model) => rowOf(prices, model, at)).sort(byImportance);
}

export function rowOf(prices: Prices, model: string, at: number): PriceRow {
  const same = (name: string) => name.toLowerCase() === model.toLowerCase();
  const used = prices.in_use.filter((one) => same(one.model));
  const unpriced = prices.unpriced.find((one) => same(one.model)) ?? null;
  const busiest = [...used].sort((a, b) => b.requests - a.requests);
  const sellers = new Set(
    used
      .filter(({ price }) => price.source === 'bundled')
      .map(({ price }) => `${price.provider}\n${price.model}`),
  );
  const called = new Set([model, ...used.map(({ price }) => price.model)].map((name) => name.toLowerCase()));
  const known = new Map<string, PriceVersion>();
  for (const one of prices.listed) if (sellers.has(`${one.provider}\n${one.model}`)) known.set(one.id, one);
  for (const one of prices.edited) if (called.has(one.model.toLowerCase())) known.set(one.id, one);
  for (const { price } of used) if (!known.has(price.id)) known.set(price.id, price);
  const versions = [...known.values()].sort((a, b) => inOrder(b, a));
  // Of several sellers the one most requests were charged by.
  const seller = busiest.find(({ price }) => price.source === 'bundled')?.price;
  const own = versions.filter(
    (one) => one.source !== 'bundled' || (one.provider === seller?.provider && one.model === seller?.model),
  );
  const price = inForce(own, at) ?? busiest[0]?.price ?? null;
  return {
    model,
    requests: used.reduce((sum, one) => sum + one.requests, unpriced?.requests ?? 0),
    cost: used.length === 0 ? null : used.reduce((sum, one) => sum + one.cost_nanos, 0),
    unpriced,
    price,
    versions,
    next: nextOf(own, price, at),
    matchedBy: [...new Set(busiest.map((one) => one.matched_by ?? ''))].filter(Boolean),
    marks: [...new Set(used.flatMap((one) => one.marks))],
  };
}

/** The name that a rule of the model's own has to have: that of the price in force, which dated names share. */
export function pricedAs(row: PriceRow): string {
  return row.price?.model ?? row.model;
}

/** Rules that can concern the model: those of all models, and those of any price it is or was charged by. */
export function rulesOf(prices: Prices, row: PriceRow): Prices['rules'] {
  const names = new Set(
    ['', row.model, ...row.versions.map(({ model }) => model)].map((one) => one.toLowerCase()),
  );
  return prices.rules.filter(({ model }) => names.has(model.toLowerCase()));
}

/** The first base version that will take the place of the one in force. */
function nextOf(
  versions: readonly PriceVersion[],
  price: PriceVersion | null,
  at: number,
): PriceVersion | null {
  const strong = STRENGTH.indexOf(price?.source ?? 'bundled');
  const later = versions
    .filter((one) => isBase(one) && beginning(one) > at && STRENGTH.indexOf(one.source) <= strong)
    .filter((one) => !isReplaced(one, versions))
    .sort(inOrder);
  return later[0] ?? null;
}

function byImportance(a: PriceRow, b: PriceRow): number {
  return (
    Number(b.unpriced !== null) - Number(a.unpriced !== null) ||
    (b.cost ?? 0) - (a.cost ?? 0) ||
    b.requests - a.requests ||
    a.model.localeCompare(b.model)
  );
}

/** What each filter of the table shows; `since` is the beginning of the selected time. */
export function isShown(row: PriceRow, shown: Shown, since: number): boolean {
  switch (shown) {
    case 'used':
      return row.requests > 0;
    case 'unpriced':
      return row.unpriced !== null;
    case 'changing':
      return row.next !== null || row.versions.some((one) => isBase(one) && beginning(one) > since);
    case 'manual':
      return row.price?.source === 'manual';
    case 'all':
      return true;
  }
}
