/**
 * The answers of the API under short names. The types themselves are generated from the OpenAPI document of queryd
 * (`npm run types`), which is generated from the types that it answers with. Times are RFC 3339 in the server's zone,
 * money is in nano-dollars, rates are fractions 0 to 1, latencies are milliseconds; `null` is "cannot be known".
 */
import type { components, operations } from './schema.d.ts';

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
export type Concentration = Schemas['Concentration'];
export type Distribution = Schemas['Distribution'];
export type WhatIf = Schemas['WhatIf'];
export type EventWhatIf = Schemas['EventWhatIf'];
export type Latency = Schemas['Latency'];

export type Errors = Schemas['Errors'];
export type ErrorGroup = Schemas['ErrorGroup'];
export type ApiKey = Schemas['ApiKey'];

export type Events = Schemas['Events'];
export type EventRow = Schemas['Event'];
export type EventDetail = Schemas['EventDetail'];

export type Filters = Schemas['Filters'];
export type FilterChoice = Schemas['FilterValue'];

export type Prices = Schemas['Prices'];
export type PriceVersion = Schemas['PriceVersion'];
export type PriceRates = Schemas['PriceRates'];
export type PriceEdit = Omit<Schemas['PriceEdit'], 'ends'>;
export type PriceRule = Schemas['PriceRuleVersion'];
export type PriceRuleEdit = Schemas['PriceRuleEdit'];
export type PriceSettings = Schemas['PriceSettings'];
export type UnpricedModel = Schemas['UnpricedModel'];
/** What ingestd can be asked to do; a field that may be null may be left out. */
export type Command = NullsLeftOut<operations['post_commands']['requestBody']['content']['application/json']>;
type NullsLeftOut<Body> = Body extends unknown
  ? { [Name in keyof Body as null extends Body[Name] ? never : Name]: Body[Name] } & {
      [Name in keyof Body as null extends Body[Name] ? Name : never]?: Body[Name];
    }
  : never;

export type Live = Schemas['Live'];
export type Status = Schemas['Status'];
export type Settings = Schemas['SettingsStatus'];
export type Quota = Schemas['Quota'];
export type Credentials = Schemas['Credentials'];
export type QuotaAccount = Schemas['QuotaAccount'];
export type QuotaWindow = Schemas['QuotaWindow'];
export type ProviderKey = Schemas['ProviderKey'];
export type QuotaPool = Schemas['QuotaPool'];
export type QuotaDetail = Schemas['QuotaDetail'];
export type WindowHistory = Schemas['WindowHistory'];

export type Rejected = Schemas['RejectedMessages'];
export type Sessions = Schemas['SessionList'];
export type CommandStatus = Schemas['CommandStatus'];
export type Trouble = Schemas['Trouble'];
/** What a person should know; `parameters` is what its message names. */
export type Problem = Schemas['Problem'] & {
  readonly parameters?: Readonly<Record<string, string | number>>;
};

/** What each question is answered with, by its path below `api/v1/`. */
export interface Responses {
  summary: Summary;
  timeseries: Timeseries;
  breakdown: Breakdown;
  heatmap: Heatmap;
  latency: Latency;
  errors: Errors;
  'api-keys': Schemas['ApiKeys'];
  concentration: Concentration;
  distribution: Distribution;
  'what-if': WhatIf;
  credentials: Schemas['Credentials'];
  quota: Quota;
  'quota/attention': Schemas['Attention'];
  [quota: `quota/${number}`]: QuotaDetail;
  [errors: `credentials/${number}/errors`]: Schemas['CredentialErrors'];
  filters: Filters;
  prices: Prices;
  status: Status;
  settings: Settings;
  rejected: Rejected;
  session: Schemas['SessionState'];
  sessions: Sessions;
  live: Live;
  events: Events;
  [event: `events/${string}`]: EventDetail;
}

export type Path = keyof Responses;
