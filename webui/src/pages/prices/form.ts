/** A version of a price as somebody types it, and as the API takes it. What is wrong is said of the field it is in. */
import type { PriceEdit, PriceRates, PriceVersion } from '~/api/types.ts';
import { instantOf, rfc3339 } from '~/view/calendar.ts';

export const RATES = ['input', 'output', 'cache_read', 'cache_write', 'cache_write_1h', 'image'] as const;
export type Rate = (typeof RATES)[number];
export type RateTexts = Record<Rate, string>;

export interface Step extends RateTexts {
  above: string;
}

export interface Draft {
  /** `2026-11-18T14:30` by the server's clocks; empty: always. */
  begins: string;
  rates: RateTexts;
  multiplier: string;
  service_tier: string;
  provider: string;
  steps: Step[];
}

export type FieldError = 'required' | 'number' | 'decimals' | 'great' | 'moment' | 'rising' | 'refused';
/** By field, under the API's names without `rates.`: `input`, `context_tiers[0].above`. */
export type FieldErrors = Readonly<Record<string, FieldError>>;

/** Dollars for a million tokens that the API takes at most. */
export const PRICE_MAX = 1_000_000;
const MULTIPLIER_MAX = 1_000;
const DECIMALS = 6;

const NOTHING: RateTexts = {
  input: '',
  output: '',
  cache_read: '',
  cache_write: '',
  cache_write_1h: '',
  image: '',
};

export function emptyStep(): Step {
  return { above: '', ...NOTHING };
}

/** What a new version begins with: another price taken over, or nothing. */
export function draftOf(price: PriceVersion | null, begins: string): Draft {
  return {
    begins,
    rates: price === null ? { ...NOTHING } : rateTexts(price.rates),
    multiplier: price === null ? '1' : String(price.multiplier),
    service_tier: '',
    provider: '',
    steps: (price?.context_tiers ?? []).map(({ above, rates }) => ({
      above: String(above),
      ...rateTexts(rates),
    })),
  };
}

function rateTexts(rates: PriceRates): RateTexts {
  // What costs as much as without it is left out: it follows when the price of input is changed.
  const unlike = (value: number | null | undefined, other: number) =>
    value == null || value === other ? '' : String(value);
  return {
    input: String(rates.input),
    output: String(rates.output),
    cache_read: unlike(rates.cache_read, rates.input),
    cache_write: unlike(rates.cache_write, rates.input),
    cache_write_1h: unlike(rates.cache_write_1h, rates.cache_write),
    image: unlike(rates.image, rates.output),
  };
}

/** The body of `POST prices`, or what is wrong with which field. */
export function checked(
  model: string,
  draft: Draft,
  zone: string,
):
  | { readonly body: PriceEdit; readonly errors: null }
  | { readonly body: null; readonly errors: FieldErrors } {
  const errors: Record<string, FieldError> = {};
  const rates = ratesOf('', draft.rates, errors);
  const multiplier = number('multiplier', draft.multiplier, MULTIPLIER_MAX, errors) ?? 1;
  let effective_from: string | null = null;
  if (draft.begins !== '') {
    const at = instantOf(draft.begins, zone);
    if (Number.isFinite(at) && at >= 0) effective_from = rfc3339(at, zone);
    else errors['effective_from'] = 'moment';
  }
  let last = -1;
  const context_tiers = draft.steps.map((step, index) => {
    const field = `context_tiers[${index}]`;
    const above = Number(step.above.trim());
    if (step.above.trim() === '' || !Number.isSafeInteger(above) || above < 0)
      errors[`${field}.above`] = 'number';
    else if (above <= last) errors[`${field}.above`] = 'rising';
    else last = above;
    return { above, rates: ratesOf(`${field}.`, step, errors) };
  });
  if (Object.keys(errors).length > 0) return { body: null, errors };
  const { service_tier, provider } = draft;
  return {
    body: { model, rates, provider, service_tier, effective_from, context_tiers, multiplier },
    errors: null,
  };
}

/** The name that a field has here for what the API calls it. */
export function fieldOf(parameter: string): string {
  return parameter.replace('rates.', '').replace(/^body\./, '');
}

function ratesOf(prefix: string, texts: RateTexts, errors: Record<string, FieldError>): PriceRates {
  const of = (name: Rate) => number(prefix + name, texts[name], PRICE_MAX, errors);
  const [input, output, read, write, hour, image] = RATES.map(of);
  if (texts.input.trim() === '') errors[`${prefix}input`] = 'required';
  if (texts.output.trim() === '') errors[`${prefix}output`] = 'required';
  return {
    input: input ?? 0,
    output: output ?? 0,
    cache_read: read ?? input ?? 0,
    cache_write: write ?? input ?? 0,
    cache_write_1h: hour ?? null,
    image: image ?? null,
  };
}

/** A number as people type it, with a point or a comma; null where nothing is typed. */
export function number(
  field: string,
  typed: string,
  most: number,
  errors: Record<string, FieldError>,
): number | null {
  const text = typed.trim().replace(/^\$/, '').replace(',', '.');
  if (text === '') return null;
  if (!/^(\d+\.?\d*|\.\d+)$/.test(text)) errors[field] = 'number';
  else if ((text.split('.')[1]?.replace(/0+$/, '').length ?? 0) > DECIMALS) errors[field] = 'decimals';
  else if (Number(text) > most) errors[field] = 'great';
  return Number(text);
}
