/** Which model goes on: a new one takes the place of the old unless it is worse on the gold set beyond chance. Pure. */
import { fixed, pText, signedPoints } from '../../format.js';
import type { RewardModelDifference } from '../../evaluation/reward-model-quality.js';
import { transitions, type Outcome } from '../../evaluation/transitions.js';
import { verdictOf, type PairedDifference } from '../../evaluation/paired-difference.js';
import { modelName, type Promotion } from './alarm.js';

/** A policy by the stage that made it, with its answers to the gold set; null where it was not asked. */
export interface Contender {
  name: string;
  answers: readonly Outcome[] | null;
}

export interface PolicyContest {
  cycle: number;
  /** What went on from the cycle before. */
  before: Contender;
  /** Of this cycle, in the order they were made. */
  made: readonly Contender[];
  clusterOf(id: string): string;
}

/** The newest, else the one that it was made from where that is better, else the one before where it is better than these. */
export function promotePolicy({ cycle, before, made, clusterOf }: PolicyContest): Promotion {
  const reasons: string[] = [];
  const refused: string[] = [];
  const contest = (holder: Contender, challenger: Contender): Contender => {
    if (holder.answers === null || challenger.answers === null) return challenger;
    const named = ({ name, answers }: Contender) => ({ name, outcomes: answers ?? [] });
    const { paired } = transitions(named(holder), named(challenger), clusterOf);
    if (paired === undefined) return challenger;
    reasons.push(`${modelName(challenger.name)} against ${modelName(holder.name)}: ${differenceText(paired)}`);
    if (verdictOf(paired) !== 'worse') return challenger;
    refused.push(challenger.name);
    return holder;
  };
  const best = contest(before, made.reduce(contest));
  return { cycle, what: 'policy', promoted: best.name, refused, reasons };
}

export interface RewardModelContest {
  cycle: number;
  before: string;
  after: string;
  difference: RewardModelDifference;
}

/**
 * Rank correlation on graded texts that retraining may cost, beyond chance: it learns of the policy's own answers, which these are
 * not, and over several hundred texts even a loss of no consequence is no chance.
 */
export const tolerated = 0.01;

export function promoteRewardModel({ cycle, before, after, difference }: RewardModelContest): Promotion {
  const { difference: gain, interval } = difference;
  const worse = interval !== null && interval.high < -tolerated;
  const reason =
    gain === null
      ? `${modelName(after)} against ${modelName(before)}: rank correlations cannot be compared`
      : `${modelName(after)} against ${modelName(before)}: rank correlation ${signed(gain)}${interval === null ? '' : ` (95 %: ${signed(interval.low)} to ${signed(interval.high)})`} on held-out texts`;
  return {
    cycle,
    what: 'reward-model',
    promoted: worse ? before : after,
    refused: worse ? [after] : [],
    reasons: [reason],
  };
}

/** `+3.1 points (95 %: −1.0 to +7.2, p = 0.20) on 240 gold questions`. */
export const differenceText = ({ difference, interval, pValue, n }: PairedDifference): string =>
  `${signedPoints(difference)} points${interval === null ? '' : ` (95 %: ${signedPoints(interval.low)} to ${signedPoints(interval.high)}, ${pText(pValue)})`} on ${n} gold questions`;

const signed = (value: number): string => `${value < 0 ? '−' : '+'}${fixed(Math.abs(value), 3)}`;
