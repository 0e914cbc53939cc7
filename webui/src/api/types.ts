/**
 * The answers of the API under short names. The types themselves are generated from the OpenAPI document of queryd
 * (`npm run types`), which is generated from the types that it answers with. Times are RFC 3339 in the server's zone,
 * money is in nano-dollars, rates are fractions 0 to 1, latencies are milliseconds; `null` is "cannot be known".
 */
import type { components } from './schema.d.ts';

type Schemas = components['schemas'];

export type Named = Schemas['Entity'];
export type Selection = Schemas['Selection'];
export type Percentiles = Schemas['Percentiles'];
export type Metrics = Schemas['Metrics'];
export type Compared = Schemas['Comparison'];

export type Summary = Schemas['Summary'];
export type Sparkline = Schemas['Sparkline'];
export type Contribution = Schemas['Contribution'];
export type ContributionPart = Schemas['ContributionPart'];

export type Timeseries = Schemas['Timeseries'];
export type Series = Schemas['Series'];

export type Breakdown = Schemas['Breakdown'];
export type BreakdownRow = Schemas['BreakdownRow'];

export type Heatmap = Schemas['Heatmap'];
export type Latency = Schemas['Latency'];

export type Events = Schemas['Events'];
export type EventRow = Schemas['Event'];
export type EventDetail = Schemas['EventDetail'];

export type Filters = Schemas['Filters'];
export type FilterChoice = Schemas['FilterValue'];

export type Live = Schemas['Live'];
export type Status = Schemas['Status'];
export type Trouble = Schemas['Trouble'];

/** What each question is answered with, by its path below `api/v1/`. */
export interface Answers {
  summary: Summary;
  timeseries: Timeseries;
  breakdown: Breakdown;
  heatmap: Heatmap;
  latency: Latency;
  filters: Filters;
  status: Status;
  live: Live;
  events: Events;
  [event: `events/${string}`]: EventDetail;
}

export type Path = keyof Answers;
