import { choice, granularity, text, token } from '../../view/parameters.ts';

export const VIEWS = ['tokens', 'cost', 'when', 'speed', 'models'] as const;
export type ViewName = (typeof VIEWS)[number];

/** What the bars of Tokens and Cost are cut by: the kind of tokens, or who and what it was. */
export const CUTS = ['kind', 'model', 'api_key', 'provider'] as const;
export type CutBy = (typeof CUTS)[number];

/** What a cell of a map is as dark as it is compared with. */
export const SCALES = ['absolute', 'row', 'column'] as const;
export type Scale = (typeof SCALES)[number];

/** What Speed measures, under the names of the API. */
export const OBSERVATIONS = ['latency_ms', 'ttft_ms', 'output_speed'] as const;
export type Observation = (typeof OBSERVATIONS)[number];

export const parameters = {
  granularity,
  view: choice<ViewName, ViewName>('view', VIEWS, 'tokens', { survives: true }),
  /** What the bars are cut by. */
  by: choice<CutBy, CutBy>('by', CUTS, 'kind', { survives: true }),
  /** Whether bars show amounts or what part of each is what. */
  bars: choice<'amount' | 'share', 'amount'>('bars', ['amount', 'share'], 'amount', { survives: true }),
  /** What When measures. */
  metric: token('metric', { survives: true }),
  scale: choice<Scale, Scale>('scale', SCALES, 'absolute', { survives: true }),
  of: choice<Observation, Observation>('of', OBSERVATIONS, 'latency_ms', { survives: true }),
  /** What the table is of. */
  tab: token('tab', { survives: true }),
  /** The model that Models supposes. */
  as: text('as'),
};
