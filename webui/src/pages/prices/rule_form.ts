/** A rule as somebody types it, and as the API takes it. */
import type { PriceRuleEdit } from '~/api/types.ts';
import { instantOf, rfc3339 } from '~/view/calendar.ts';
import { type FieldError, type FieldErrors, number } from './form.ts';

/** What a rule can look at, under the names of the API. */
export const RULE_KEYS = [
  'credential',
  'api_key',
  'alias',
  'model',
  'endpoint',
  'executor_type',
  'reasoning_effort',
  'service_tier',
  'response_service_tier',
] as const;
export type RuleKey = (typeof RULE_KEYS)[number];

export const EVERY_DAY = [1, 2, 3, 4, 5, 6, 7] as const;

export interface RuleDraft {
  key: RuleKey;
  value: string;
  multiplier: string;
  /** Whether it belongs to this model only. */
  own: boolean;
  begins: string;
  ends: string;
  /** `HH:MM`, UTC; both empty: the whole day. */
  from: string;
  until: string;
  weekdays: number[];
}

export function emptyRule(): RuleDraft {
  return {
    key: 'credential',
    value: '',
    multiplier: '',
    own: true,
    begins: '',
    ends: '',
    from: '',
    until: '',
    weekdays: [...EVERY_DAY],
  };
}

/** The body of `POST price-rules`, or what is wrong with which field. */
export function checkedRule(
  model: string,
  draft: RuleDraft,
  zone: string,
):
  | { readonly body: PriceRuleEdit; readonly errors: null }
  | { readonly body: null; readonly errors: FieldErrors } {
  const errors: Record<string, FieldError> = {};
  if (draft.value.trim() === '') errors['value'] = 'required';
  if (draft.multiplier.trim() === '') errors['multiplier'] = 'required';
  const multiplier = number('multiplier', draft.multiplier, 1_000, errors) ?? 1;
  const moment = (field: string, local: string): string | null => {
    if (local === '') return null;
    const at = instantOf(local, zone);
    if (Number.isFinite(at) && at >= 0) return rfc3339(at, zone);
    errors[field] = 'moment';
    return null;
  };
  const effective_from = moment('effective_from', draft.begins);
  const effective_until = moment('effective_until', draft.ends);
  if (
    effective_until !== null &&
    Date.parse(effective_until) <= Date.parse(effective_from ?? '1970-01-01T00:00Z')
  )
    errors['effective_until'] = 'rising';
  const start = seconds(draft.from) ?? 0;
  const end = seconds(draft.until) ?? 86_400;
  if (start >= end) errors['hours'] = 'rising';
  if (draft.weekdays.length === 0) errors['weekdays'] = 'required';
  if (Object.keys(errors).length > 0) return { body: null, errors };
  const always = start === 0 && end === 86_400 && draft.weekdays.length === EVERY_DAY.length;
  return {
    body: {
      model: draft.own ? model : '',
      key: draft.key,
      value: draft.value.trim(),
      multiplier,
      effective_from,
      effective_until,
      hours: always ? null : { start, end, weekdays: [...draft.weekdays].sort() },
    },
    errors: null,
  };
}

/** `HH:MM` as seconds of the day; null where nothing is said. Midnight as an end is the end of the day. */
function seconds(text: string): number | null {
  const match = /^(\d{2}):(\d{2})/.exec(text);
  return match === null ? null : Number(match[1]) * 3_600 + Number(match[2]) * 60;
}
