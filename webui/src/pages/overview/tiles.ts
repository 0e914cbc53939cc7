/** The seven figures of the page and everything that is said about each. Reactive to language where it is called in markup. */
import type { Metrics, Sparkline, Summary } from '~/api/types.ts';
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
  percent,
  percentNumber,
  percentSign,
  pointChange,
} from '~/format/index.ts';
import { t } from '~/i18n/index.svelte.ts';
import { view } from '~/view/view.svelte.ts';
import { measureOf, type Tab } from './measures.ts';

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
  readonly private: boolean;
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

function toMeasure(tab: Tab): { href: string; active: boolean } {
  return {
    href: view.href({ metric: tab === 'cost' ? null : tab }),
    active: measureOf(view.current.metric).tab === tab,
  };
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

export function tilesOf(summary: Summary): Tile[] {
  const now = summary.metrics;
  const then = summary.compare?.metrics ?? null;
  const spark = empty(summary.sparkline);
  const unpriced = now.unpriced_requests;
  const unmetered = now.unmetered_requests;
  const exactly = t('overview.tile.exact');
  const cost = knownCost(now);
  const costBefore = then && knownCost(then);
  const [currency, dollars, letter] = moneyParts(cost);
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
      facts: [[exactly, exact(now.requests)], ...before(then && exact(then.requests))],
      private: false,
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
        ...before(then && exact(then.total_tokens)),
      ],
      private: false,
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
      warning: unpriced > 0 ? t('overview.unpriced', { count: unpriced }) : null,
      explanation: `${t('overview.at_api_prices.text')}${unpriced > 0 ? ` ${t('overview.unpriced.text', { count: unpriced })}` : ''}`,
      facts: [[exactly, moneyExact(cost)], ...before(then && money(costBefore))],
      private: true,
      ...toMeasure('cost'),
    },
    {
      key: 'cache',
      label: t('overview.tile.cache'),
      figure: [percentNumber(now.cache_hit_rate), now.cache_hit_rate === null ? '' : percentSign().trim()],
      change: pointChange(now.cache_hit_rate, then?.cache_hit_rate, 'more_is_good'),
      spark: spark.cache_hit_rate,
      fromZero: false,
      warning: null,
      explanation: t('overview.tile.cache.text'),
      facts: [
        [t('overview.tile.cached'), exact(now.cache_read_tokens)],
        [t('overview.tile.input'), exact(now.input_tokens)],
        ...before(then && percent(then.cache_hit_rate)),
      ],
      private: false,
      ...toSort('-cache_hit_rate'),
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
      private: false,
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
      private: false,
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
      private: false,
      href: view.href({ metric: 'requests' }),
      active: false,
    },
  ];
}
