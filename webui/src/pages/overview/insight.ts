/**
 * The line under the tiles: what made the difference. Every figure in it comes from the API's `contribution`; when
 * nothing stands out there is no line.
 */
import type { Contribution, ContributionPart, Summary } from '~/api/types.ts';
import { type Change, change } from '~/format/index.ts';

/** Less than this is not worth a sentence: five percent, and a third of the change for a part that is named. */
const LEAST_CHANGE = 0.05;
const LEAST_SHARE = 0.3;
/** More names than this are a list, not an insight. */
const MOST_PARTS = 2;

export interface Insight {
  readonly change: Change;
  /** How much more or less, never negative, in nano-dollars. */
  readonly amount: number;
  readonly parts: readonly ContributionPart[];
  /** How much of it the named parts are, never negative; may exceed `amount` when others went the other way. */
  readonly partsAmount: number;
  readonly beyond: boolean;
  readonly when: Contribution['when'];
}

export function insightOf(summary: Summary | null): Insight | null {
  const contribution = summary?.contribution;
  const before = summary?.compare?.metrics.cost_nanos;
  const now = summary?.metrics.cost_nanos;
  if (!contribution || !before || now == null) return null;
  const whole = contribution.change;
  if (Math.abs(whole) / before < LEAST_CHANGE) return null;
  const parts = contribution.parts
    .filter((part) => part.share >= LEAST_SHARE && Math.sign(part.change) === Math.sign(whole))
    .slice(0, MOST_PARTS);
  const how = change(now, before, 'more_is_bad');
  if (parts.length === 0 || how === null || how.direction === 'same') return null;
  const partsAmount = Math.abs(parts.reduce((sum, part) => sum + part.change, 0));
  const amount = Math.abs(whole);
  const { when } = contribution;
  return { change: how, amount, parts, partsAmount, beyond: partsAmount > amount * 1.005, when };
}
