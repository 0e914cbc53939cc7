/** How prices are written. */
import type { PriceRates, PriceVersion } from '~/api/types.ts';
import { compact, dateFormat, decimal, UNKNOWN } from '~/format/index.ts';
import { t } from '~/i18n/index.svelte.ts';
import { isBase, type PriceRow } from './rows.ts';

const MOST_DECIMALS = 6;

/** Dollars for a million tokens: as many decimals as it needs, at least those of its column. */
export function price(dollars: number | null | undefined, digits = 2): string {
  return dollars == null ? UNKNOWN : decimal(dollars, Math.max(digits, decimalsOf(dollars)), true);
}

/** Decimals that every price of a column has, so that digits line up: those of the one that needs most. */
export function columnDecimals(all: readonly (number | null | undefined)[], digits = 2): number {
  return Math.max(digits, ...all.map((dollars) => (dollars == null ? 0 : decimalsOf(dollars))));
}

function decimalsOf(dollars: number): number {
  return /\.(\d+)/.exec(dollars.toFixed(MOST_DECIMALS).replace(/0+$/, ''))?.[1]?.length ?? 0;
}

/** Null where it costs what other input costs. */
export function ownRate(rates: PriceRates, kind: 'cache_read' | 'cache_write'): number | null {
  return rates[kind] === rates.input ? null : rates[kind];
}

export function dateText(moment: string | number | null): string {
  if (moment === null) return t('prices.always');
  return dateFormat({ day: 'numeric', month: 'short', year: 'numeric' }).format(
    typeof moment === 'number' ? moment : Date.parse(moment),
  );
}

export function factor(value: number): string {
  return `${decimal(value, 4)} ×`;
}

const pair = (rates: PriceRates) => `${price(rates.input)} / ${price(rates.output)}`;

/** What a price has besides the four columns: `over 272K 5.00 / 22.50`, `priority 2 ×`. */
export function stepsOf(row: PriceRow): string[] {
  const { price: base } = row;
  if (base === null) return [];
  const tiers = new Map<string, PriceVersion>();
  for (const one of row.versions)
    if (one.service_tier !== '' && one.provider === base.provider && one.hours === null && !one.ends)
      if (!tiers.has(one.service_tier)) tiers.set(one.service_tier, one);
  return [
    ...(base.rates.cache_write_1h != null && base.rates.cache_write_1h !== base.rates.cache_write
      ? [t('prices.step.write_1h', { price: price(base.rates.cache_write_1h) })]
      : []),
    ...(base.rates.image != null && base.rates.image !== base.rates.output
      ? [t('prices.step.image', { price: price(base.rates.image) })]
      : []),
    ...base.context_tiers.map(({ above, rates }) =>
      t('prices.step.over', { tokens: compact(above), prices: pair(rates) }),
    ),
    ...[...tiers.values()].map((one) =>
      t('prices.step.tier', {
        tier: one.service_tier,
        factor: base.rates.input > 0 ? factor(one.rates.input / base.rates.input) : pair(one.rates),
      }),
    ),
    ...(row.versions.some((one) => one.hours !== null) ? [t('prices.step.hours')] : []),
    ...(base.multiplier === 1 ? [] : [t('prices.step.multiplier', { factor: factor(base.multiplier) })]),
    ...(base.seller !== null && !base.seller.maker
      ? [t('prices.step.reseller', { name: base.seller.name })]
      : []),
  ];
}

/** `doubles 1 Dec`; empty where nothing is known to change. */
export function changeOf({ price: base, next }: PriceRow): string {
  if (next === null) return '';
  const date = dateFormat({ day: 'numeric', month: 'short' }).format(Date.parse(next.effective_from ?? ''));
  if (next.ends) return t('prices.change.ends', { date });
  const ratio = base === null || base.rates.input === 0 ? null : next.rates.input / base.rates.input;
  if (ratio === 2) return t('prices.change.doubles', { date });
  if (ratio === 0.5) return t('prices.change.halves', { date });
  return t('prices.change.other', { date, prices: pair(next.rates) });
}

export function sourceText(version: PriceVersion): string {
  return t(`prices.source.${version.source}`);
}

export { isBase, pair };
