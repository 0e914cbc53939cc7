/** How accounts and windows are told. Call it while drawing: it speaks the language of the moment. */
import type { QuotaAccount, QuotaWindow } from '~/api/types.ts';
import { age, clock, day, dayKey, decimal, duration, exact, weekdayShort } from '~/format/index.ts';
import { isMessage, plain, t } from '~/i18n/index.svelte.ts';
import { FIVE_HOURS, WEEK, windowOf } from './windows.ts';

const DAY_MS = 86_400_000;

export type Tone = 'bad' | 'warn' | 'good' | 'off';

export interface StateText {
  readonly tone: Tone;
  readonly first: string;
  /** Since when, until when, what next; may be empty. */
  readonly second: string;
}

/** `16:42` of today, `Mon 16:00` within a week, else the day. */
export function when(moment: string, now: number): string {
  const ahead = Math.abs(Date.parse(moment) - now);
  if (dayKey(moment) === dayKey(now)) return clock(moment);
  if (ahead < 6 * DAY_MS) return `${weekdayShort(moment)} ${clock(moment)}`;
  return day(moment);
}

/** What a window is called: by its length where it has one, else as the provider does. */
export function windowName(window: QuotaWindow): string {
  const { length_seconds: length, model_group: group } = window;
  const name =
    length === FIVE_HOURS
      ? t('quota.five_hours')
      : length === WEEK
        ? t('quota.week')
        : length === null
          ? window.label
          : duration(length * 1000);
  return group === null ? name : `${group} · ${name}`;
}

/** What remains, in the provider's own measure: `31%`, `$3.00`, `1,340`. */
export function remainingText(window: QuotaWindow): string {
  if (window.remaining_percent !== null) return `${decimal(window.remaining_percent, 0)}%`;
  if (window.remaining === null) return '–';
  if (window.unit === 'usd_cents') return `$${decimal(window.remaining / 100, 2, true)}`;
  return exact(window.remaining);
}

/** An error class as people say it. */
export function className(code: string): string {
  const key = `error_class.${code}`;
  return isMessage(key) ? plain(key) : code;
}

export function stateText(account: QuotaAccount, now: number): StateText {
  const { state, trouble, since, until } = account;
  const told = (first: string, second: string, tone: Tone): StateText => ({ first, second, tone });
  const window = windowOf(account);
  switch (state) {
    case 'limited':
    case 'failing': {
      const first = trouble
        ? `${trouble.status_code || ''} ${t(trouble.in_a_row ? 'quota.state.in_a_row' : 'quota.state.trouble', { what: className(trouble.code), count: exact(trouble.requests) })}`.trim()
        : t('quota.state.blocked');
      const last = trouble ? t('quota.ago', { age: age(now - Date.parse(trouble.last_at)) }) : '';
      const second = until
        ? t('quota.state.until', { time: when(until, now) })
        : since
          ? t('quota.state.since', { time: when(since, now) })
          : '';
      return told(first, [second, last].filter(Boolean).join(' · '), 'bad');
    }
    case 'runs_dry': {
      const empty = window?.empty_at ?? null;
      const gap = empty && window?.resets_at ? Date.parse(window.resets_at) - Date.parse(empty) : null;
      return told(
        empty ? t('quota.state.dry_at', { time: when(empty, now) }) : t('quota.state.dry'),
        gap === null ? '' : t('quota.state.before_reset', { time: countdown(gap) }),
        'warn',
      );
    }
    case 'partly_limited':
      return told(
        t('quota.state.partly', { group: account.model_group ?? '' }),
        until ? t('quota.state.until', { time: when(until, now) }) : '',
        'warn',
      );
    case 'disabled': {
      const at = account.disabled?.at ?? since;
      const back = account.disabled?.restore_at ?? null;
      return told(
        at ? t('quota.state.disabled_since', { time: when(at, now) }) : t('quota.state.disabled'),
        back ? t('quota.state.back', { time: when(back, now) }) : '',
        'off',
      );
    }
    case 'unused':
      return told(t('quota.state.unused'), lookupText(account, now), 'off');
    case 'idle':
      return told(
        account.last_used_at
          ? t('quota.state.idle', { time: when(account.last_used_at, now) })
          : t('quota.state.unused'),
        lookupText(account, now),
        'off',
      );
    case 'serving':
      return told(
        account.last_used_at
          ? t('quota.state.used', { age: age(now - Date.parse(account.last_used_at)) })
          : t('quota.state.serving'),
        lookupText(account, now) || creditText(account),
        'good',
      );
  }
}

/** Why its quota could not be looked up; empty where it could, or nobody tried. */
export function lookupText(account: QuotaAccount, now: number): string {
  const { trouble, good_at: good } = account.lookup;
  if (trouble === null) return '';
  const key = `quota.lookup.${trouble.code}`;
  const what = isMessage(key) ? plain(key) : trouble.message;
  return good ? t('quota.lookup.last', { what, age: age(now - Date.parse(good)) }) : what;
}

/** What it may spend beyond its windows; empty where nothing is known of that. */
export function creditText({
  credits,
  reset_credits: resets,
  reset_credits_expire_at: until,
}: QuotaAccount): string {
  if (credits?.unlimited) return t('quota.credits.unlimited');
  if (credits?.balance)
    return t('quota.credits', {
      amount: credits.unit === 'usd' ? `$${decimal(credits.balance, 2, true)}` : decimal(credits.balance, 0),
    });
  if (!resets) return '';
  return until
    ? t('quota.reset_credits.until', { count: resets, day: day(until) })
    : t('quota.reset_credits', { count: resets });
}

/** How long until something, to the minute: `4 h 11 min`, `35 min`, `5 d 1 h`. */
export function countdown(ms: number): string {
  return duration(Math.max(1, Math.ceil(ms / 60_000)) * 60_000);
}

/** Names that are not written as CPA does, with a capital. */
const PROVIDERS: Readonly<Record<string, string>> = { xai: 'xAI', 'gemini-cli': 'Gemini CLI' };

export function providerName(provider: string): string {
  return PROVIDERS[provider] ?? capital(provider);
}

/** `claude · Max`. */
export function planText(account: QuotaAccount): string {
  const plan = account.plan === null ? (account.tier ?? '') : capital(account.plan.replaceAll(/[-_]/g, ' '));
  return [account.credential.provider ?? '', plan].filter(Boolean).join(' · ');
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
