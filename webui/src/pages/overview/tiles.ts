/** The seven figures of the page and everything that is said about each. Reactive to language where it is called in markup. */
import { session } from '~/api/session.svelte.ts';
import type { Metrics, Sparkline, Summary } from '~/api/types.ts';
import { isUnrecorded } from '~/figures/chart_series.ts';
import { measureOf, type Tab } from '~/figures/measures.ts';
import {
  type Change,
  change,
  compact,
  compactParts,
  decimal,
  duration,
  durationExact,
  durationParts,
  exact,
  knownCost,
  money,
  moneyExact,
  moneyParts,
  moneyShort,
  percent,
  percentNumber,
  percentSign,
  pointChange,
} from '~/format/index.ts';
import { t } from '~/i18n/index.svelte.ts';
import { PAGES, type PageName } from '~/view/state.ts';
import { view } from '~/view/view.svelte.ts';

type Column = readonly (number | null)[];

export interface Tile {
  readonly key: string;
  readonly label: string;
  /** Toned down, behind the label. */
  readonly note?: string | undefined;
  /** Large, then small: `1.24` and `B`. */
  readonly figure: readonly [string, string];
  readonly change: Change | null;
  readonly spark: Column;
  readonly fromZero: boolean;
  /** What must be known beside the figure: unpriced or unmetered requests. */
  readonly warning: string | null;
  readonly explanation: string;
  /** Exact value, its parts and the comparison, as name and value. */
  readonly facts: readonly (readonly [string, string])[];
  readonly href: string;
  /** Whether the main chart shows this figure. */
  readonly active: boolean;
  /** What of it is nobody else's business: all of its figures, or the small one and the facts. */
  readonly private: 'all' | 'small' | null;
}

/** All digits up to six of them, then three and a letter. */
function countFigure(value: number): readonly [string, string] {
  return value < 1e6 ? [exact(value), ''] : compactParts(value);
}

function latencyFigure({ latency_ms: { p50, p95 } }: Metrics): readonly [string, string] {
  const [first, ...rest] = durationParts(p50);
  const [number = '–', unit = ''] = first ?? [];
  const tail = rest.map((part) => part.join(' '));
  return [
    number,
    [unit, ...tail, ...(p95 === null ? [] : [`· p95 ${duration(p95)}`])].filter(Boolean).join(' '),
  ];
}

/** A figure of the comparison as a fact, or nothing where there is none. */
function before(text: string | null): (readonly [string, string])[] {
  return text === null ? [] : [[t('overview.tile.before'), text]];
}

/** A sum beside a tile's figure: without cents where they say nothing. */
function briefly(nanos: number): string {
  return Math.abs(nanos) < 100e9 ? moneyShort(nanos) : money(nanos).replace(/[.,]\d\d$/, '');
}

const DAY_SECONDS = 86_400;

/** What a day comes to, of those that have passed and of those with requests; nothing where it is no more than one. */
export function daily(
  summary: Summary,
  sum: number | null,
  text: (value: number) => string,
): (readonly [string, string])[] {
  const days = summary.selection.elapsed_seconds / DAY_SECONDS;
  const active = summary.active_days ?? 0;
  if (sum === null || days <= 1) return [];
  return [
    [t('overview.tile.daily'), text(sum / days)],
    ...(active > 0 && active < Math.ceil(days)
      ? [[t('overview.tile.active_day', { count: active }), text(sum / active)] as const]
      : []),
  ];
}

function toMeasure(tab: Tab): { href: string; active: boolean } {
  return {
    href: view.href({ metric: tab === 'cost' ? null : tab }),
    active: measureOf(view.current.metric).tab === tab,
  };
}

/** What reading from caches saved, less what writing to them cost, in nano-dollars; null where the API does not say. */
export function savedBy(metrics: Metrics): number | null {
  const saved = (metrics as { readonly cache_saved_nanos?: number | null }).cache_saved_nanos;
  return saved ?? null;
}

/** Where the cache is looked into, as soon as the dashboard has a page for it. */
function cachePage(): { href: string; active: boolean } | null {
  if (session.isHolder) return null;
  const page = (PAGES as readonly string[]).find((name) => name === 'analysis');
  return page === undefined
    ? null
    : { href: view.href({ page: page as PageName, view: 'cost' }), active: false };
}

/** A figure that the chart does not draw sorts the table by itself. */
function toSort(sort: string): { href: string; active: boolean } {
  return { href: view.href({ sort }), active: false };
}

function empty(sparkline: Sparkline | undefined): Sparkline {
  return (
    sparkline ?? {
      buckets: [],
      requests: [],
      total_tokens: [],
      cost_nanos: [],
      cache_hit_rate: [],
      success_rate: [],
      latency_p50_ms: [],
      rpm: [],
    }
  );
}

/** What must be said of so many requests; nothing of none. */
function counted(
  key: 'overview.unpriced.text' | 'overview.unknown.text' | 'overview.upper_bound' | 'overview.lower_bound',
  count: number,
): string[] {
  return count > 0 ? [t(key, { count })] : [];
}

/** What a sum of costs leaves out, and why. */
export function unpricedText(metrics: Metrics): string {
  const unknown = metrics.tokens_unknown_requests;
  return [
    ...counted('overview.unpriced.text', metrics.unpriced_requests - unknown),
    ...counted('overview.unknown.text', unknown),
  ].join(' ');
}

/** @param recorded when the first event was recorded: before it there is nothing to compare with; null: not known */
export function tilesOf(summary: Summary, recorded: string | null): Tile[] {
  const now = summary.metrics;
  const { compare } = summary;
  const then = compare && !isUnrecorded(compare, recorded) ? compare.metrics : null;
  const spark = empty(summary.sparkline);
  const unknown = now.tokens_unknown_requests;
  const unpriced = now.unpriced_requests - unknown;
  const unmetered = now.unmetered_requests;
  const exactly = t('overview.tile.exact');
  const cost = knownCost(now);
  const costBefore = then && knownCost(then);
  const [currency, dollars, letter] = moneyParts(cost);
  const saved = now.requests === 0 ? null : savedBy(now);
  const savedBefore = then && savedBy(then);
  return [
    {
      key: 'requests',
      label: t('overview.tile.requests'),
      figure: countFigure(now.requests),
      change: change(now.requests, then?.requests, 'neutral'),
      spark: spark.requests,
      fromZero: true,
      warning: null,
      explanation: t('overview.tile.requests.text'),
      facts: [
        [exactly, exact(now.requests)],
        ...daily(summary, now.requests, (value) => exact(Math.round(value))),
        ...before(then && exact(then.requests)),
      ],
      private: null,
      ...toMeasure('requests'),
    },
    {
      key: 'tokens',
      label: t('overview.tile.tokens'),
      figure: countFigure(now.total_tokens),
      change: change(now.total_tokens, then?.total_tokens, 'neutral'),
      spark: spark.total_tokens,
      fromZero: true,
      warning: unmetered > 0 ? t('overview.unmetered', { count: unmetered }) : null,
      explanation: `${t('overview.tile.tokens.text')}${unmetered > 0 ? ` ${t('overview.unmetered.text', { count: unmetered })}` : ''}`,
      facts: [
        [exactly, exact(now.total_tokens)],
        [t('overview.tile.input'), exact(now.input_tokens)],
        [t('overview.tile.cached'), exact(now.cache_read_tokens)],
        [t('overview.tile.output'), exact(now.output_tokens)],
        ...daily(summary, now.total_tokens, (value) => compact(Math.round(value))),
        ...before(then && exact(then.total_tokens)),
      ],
      private: null,
      ...toMeasure('tokens'),
    },
    {
      key: 'cost',
      label: t('overview.tile.cost'),
      note: t('overview.api_prices'),
      figure: [currency + dollars, letter],
      change: change(cost, costBefore, 'more_is_bad'),
      spark: spark.cost_nanos,
      fromZero: true,
      warning:
        unpriced > 0
          ? t('overview.unpriced', { count: unpriced })
          : unknown > 0
            ? t('overview.unknown', { count: unknown })
            : null,
      explanation: [
        t('overview.at_api_prices.text'),
        ...counted('overview.unpriced.text', unpriced),
        ...counted('overview.unknown.text', unknown),
        ...counted('overview.upper_bound', now.upper_bound_requests),
        ...counted('overview.lower_bound', now.lower_bound_requests),
      ].join(' '),
      facts: [
        [exactly, moneyExact(cost)],
        ...daily(summary, cost, (value) => money(Math.round(value))),
        ...before(then && money(costBefore)),
      ],
      private: 'all',
      ...toMeasure('cost'),
    },
    {
      key: 'cache',
      label: t('overview.tile.cache'),
      figure: [
        percentNumber(now.cache_hit_rate),
        [
          now.cache_hit_rate === null ? '' : percentSign().trim(),
          saved === null ? '' : `· ${t('overview.tile.saved_short', { amount: briefly(saved) })}`,
        ]
          .filter(Boolean)
          .join(' '),
      ],
      change: pointChange(now.cache_hit_rate, then?.cache_hit_rate, 'more_is_good'),
      spark: spark.cache_hit_rate,
      fromZero: false,
      warning: null,
      explanation: t('overview.tile.cache.text'),
      facts: [
        ...(saved === null ? [] : [[t('overview.tile.saved'), money(saved)] as const]),
        [t('overview.tile.cached'), exact(now.cache_read_tokens)],
        [t('overview.tile.input'), exact(now.input_tokens)],
        ...before(
          then &&
            [percent(then.cache_hit_rate), ...(savedBefore == null ? [] : [money(savedBefore)])].join(' · '),
        ),
      ],
      private: 'small',
      ...(cachePage() ?? toSort('-cache_hit_rate')),
    },
    {
      key: 'success',
      label: t('overview.tile.success'),
      figure: [percentNumber(now.success_rate), now.success_rate === null ? '' : percentSign().trim()],
      change: pointChange(now.success_rate, then?.success_rate, 'more_is_good'),
      spark: spark.success_rate,
      fromZero: false,
      warning: null,
      explanation: t('overview.tile.success.text'),
      facts: [
        [exactly, `${exact(now.succeeded)} / ${exact(now.requests)}`],
        ['', t('overview.tile.failed', { count: now.failed })],
        ...before(then && percent(then.success_rate)),
      ],
      private: null,
      ...toMeasure('errors'),
    },
    {
      key: 'latency',
      label: t('overview.tile.latency'),
      figure: latencyFigure(now),
      change: change(now.latency_ms.p50, then?.latency_ms.p50, 'more_is_bad'),
      spark: spark.latency_p50_ms,
      fromZero: false,
      warning: null,
      explanation: t('overview.tile.latency.text'),
      facts: [
        ['p50', durationExact(now.latency_ms.p50)],
        ['p95', durationExact(now.latency_ms.p95)],
        ['p99', durationExact(now.latency_ms.p99)],
        ...before(then && `${duration(then.latency_ms.p50)} · ${duration(then.latency_ms.p95)}`),
      ],
      private: null,
      ...toMeasure('latency'),
    },
    {
      key: 'rate',
      label: t('overview.tile.rate'),
      figure: [
        compact(now.rpm),
        now.rpm === null
          ? ''
          : `${t('overview.tile.requests_short')} · ${compact(now.tpm)} ${t('overview.tile.tokens_short')}`,
      ],
      change: change(now.rpm, then?.rpm, 'neutral'),
      spark: spark.rpm,
      fromZero: true,
      warning: null,
      explanation: t('overview.tile.rate.text'),
      facts: [
        [t('overview.tile.requests'), now.rpm === null ? '–' : decimal(now.rpm, 3)],
        [t('overview.tile.tokens'), now.tpm === null ? '–' : decimal(now.tpm, 1)],
        ...before(then && `${compact(then.rpm)} · ${compact(then.tpm)}`),
      ],
      private: null,
      href: view.href({ metric: 'requests' }),
      active: false,
    },
  ];
}
