/**
 * The line under the tiles: what made the difference. Every figure in it comes from the API's `contribution`; when
 * nothing stands out there is no line.
 */
import type { Contribution, ContributionPart, Summary } from '~/api/types.ts';
import { type Measure, measures } from '~/figures/measures.ts';
import { type Change, change } from '~/format/index.ts';

/** Less than this is not worth a sentence: five percent, and a third of the change for a part that is named. */
const LEAST_CHANGE = 0.05;
const LEAST_SHARE = 0.3;
/** More names than this are a list, not an insight. */
const MOST_PARTS = 2;

/** Metrics that are explained, by the measure of the chart that shows them. */
const EXPLAINED = [measures.cost, measures.tokens, measures.requests, measures.errors];

export interface Insight {
  /** What it speaks of. */
  readonly measure: Measure;
  readonly change: Change;
  /** How much more or less, never negative, in the unit of the measure. */
  readonly amount: number;
  readonly parts: readonly ContributionPart[];
  /** How much of it the named parts are, never negative; may exceed `amount` when others went the other way. */
  readonly partsAmount: number;
  readonly beyond: boolean;
  readonly when: Contribution['when'];
}

export function insightOf(summary: Summary | null): Insight | null {
  const contribution = summary?.contribution;
  const measure = EXPLAINED.find(({ metric }) => metric === contribution?.metric);
  const before = summary?.compare && measure?.of(summary.compare.metrics);
  const now = summary && measure?.of(summary.metrics);
  if (!contribution || !measure || !before || now == null) return null;
  const whole = contribution.change;
  if (Math.abs(whole) / before < LEAST_CHANGE) return null;
  const parts = contribution.parts
    .filter((part) => part.share >= LEAST_SHARE && Math.sign(part.change) === Math.sign(whole))
    .slice(0, MOST_PARTS);
  const how = change(now, before, measure.polarity);
  if (parts.length === 0 || how === null || how.direction === 'same') return null;
  const partsAmount = Math.abs(parts.reduce((sum, part) => sum + part.change, 0));
  const amount = Math.abs(whole);
  const { when } = contribution;
  return { measure, change: how, amount, parts, partsAmount, beyond: partsAmount > amount * 1.005, when };
}
