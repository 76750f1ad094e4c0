/** What a judge's verdicts are worth beside R_φ's scores, and both beside the truth where it is known. Pure. */
import { z } from 'zod';
import { formatNumber, percent } from '../../format.js';
import type { VerdictRow } from './verdict-table.js';

const share = z.number().min(0).max(1).nullable();
/** Of what is let through, how much is right, and how much of what is right is let through; null where there is none. */
const worthSchema = z.object({ passed: z.int(), precision: share, recall: share });

export const judgeFiguresSchema = z.object({
  /** Candidates with a verdict, and those that got none: these are not accepted. */
  judged: z.int(),
  unjudged: z.int(),
  /** Those that all gates and enough points let through. */
  passed: z.int(),
  /** Least share of the points. */
  minPoints: z.number(),
  /** Of the judged ones; null where there are none. */
  meanPoints: z.number().nullable(),
  /** Candidates by the gates that they did not pass; one may have failed several. */
  failedGates: z.record(z.string(), z.int()),
  /** Candidates with verdict and score, by who lets them through: the judge, and r > τ. */
  both: z.int(),
  onlyJudge: z.int(),
  onlyRewardModel: z.int(),
  neither: z.int(),
  /** Share on which the two agree. */
  agreement: share,
  /** Cohen's κ: agreement beyond chance, 1 at most; null where it is not defined. */
  kappa: z.number().nullable(),
  /** Of those among them whose truth is known; null where it is known of none. */
  truth: z.object({ known: z.int(), judge: worthSchema, rewardModel: worthSchema, both: worthSchema }).nullable(),
});
export type JudgeFigures = z.output<typeof judgeFiguresSchema>;

/** What is known of a candidate beside its verdict. */
export interface Decided {
  /** R_φ's score; null where it could not read the sample. */
  score: number | null;
  /** Null where the truth is not known. */
  correct: boolean | null;
}

type Said = Pick<VerdictRow, 'passed' | 'points' | 'failedGates'>;

/** Whether a verdict lets a candidate through; null where there is none. */
export const passes = ({ passed, points }: Pick<Said, 'passed' | 'points'>, minPoints: number): boolean | null =>
  passed === null ? null : passed && (points ?? 0) >= minPoints;

/** @param said Verdicts, in the order of the candidates. */
export function judgeFigures(
  said: readonly Said[],
  decided: readonly Decided[],
  { tau, minPoints }: { tau: number; minPoints: number },
): JudgeFigures {
  const verdicts = said.flatMap((verdict, place) => {
    const judge = passes(verdict, minPoints);
    const { score = null, correct = null } = decided[place] ?? {};
    return judge === null ? [] : [{ ...verdict, score, correct, judge }];
  });
  const compared = verdicts.flatMap(({ judge, score, correct }) =>
    score === null ? [] : [{ judge, rewardModel: score > tau, correct }],
  );
  const count = (judge: boolean, rewardModel: boolean): number =>
    compared.filter((row) => row.judge === judge && row.rewardModel === rewardModel).length;
  const table = {
    both: count(true, true),
    onlyJudge: count(true, false),
    onlyRewardModel: count(false, true),
    neither: count(false, false),
  };
  const known = compared.filter(({ correct }) => correct !== null);
  const worth = (lets: (row: (typeof known)[number]) => boolean): z.output<typeof worthSchema> => {
    const passed = known.filter(lets);
    const right = passed.filter(({ correct }) => correct === true).length;
    const allRight = known.filter(({ correct }) => correct === true).length;
    return { passed: passed.length, precision: ratio(right, passed.length), recall: ratio(right, allRight) };
  };
  return {
    judged: verdicts.length,
    unjudged: said.length - verdicts.length,
    passed: verdicts.filter(({ judge }) => judge).length,
    minPoints,
    meanPoints: ratio(
      verdicts.reduce((sum, { points }) => sum + (points ?? 0), 0),
      verdicts.length,
    ),
    failedGates: countsOf(verdicts.flatMap(({ failedGates }) => failedGates)),
    ...table,
    agreement: ratio(table.both + table.neither, compared.length),
    kappa: cohensKappa(table),
    truth:
      known.length === 0
        ? null
        : {
            known: known.length,
            judge: worth(({ judge }) => judge),
            rewardModel: worth(({ rewardModel }) => rewardModel),
            both: worth(({ judge, rewardModel }) => judge && rewardModel),
          },
  };
}

const ratio = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);

function countsOf(names: readonly string[]): Record<string, number> {
  return Object.fromEntries([...Map.groupBy(names, (name) => name)].map(([name, all]) => [name, all.length]));
}

/** κ = (p_o − p_e) / (1 − p_e); not defined where both let all through, or nothing. */
function cohensKappa({
  both,
  onlyJudge,
  onlyRewardModel,
  neither,
}: Pick<JudgeFigures, 'both' | 'onlyJudge' | 'onlyRewardModel' | 'neither'>): number | null {
  const n = both + onlyJudge + onlyRewardModel + neither;
  if (n === 0) return null;
  const [judge, rewardModel] = [(both + onlyJudge) / n, (both + onlyRewardModel) / n];
  const byChance = judge * rewardModel + (1 - judge) * (1 - rewardModel);
  return byChance === 1 ? null : ((both + neither) / n - byChance) / (1 - byChance);
}

/** `the judge let 31 of 36 pass; it and R_φ agree on 80.6 % (κ 0.44); right: 96.8 % of what it let pass, …`. */
export function judgeWords({ passed, judged, unjudged, agreement, kappa, truth }: JudgeFigures): string {
  const beyond = kappa === null ? '' : ` (κ ${formatNumber(kappa)})`;
  const right = (worth: { precision: number | null }): string => percent(worth.precision);
  return [
    `the judge let ${passed} of ${judged} pass${unjudged === 0 ? '' : `, and gave ${unjudged} no verdict`}`,
    ...(agreement === null ? [] : [`it and R_φ agree on ${percent(agreement)}${beyond}`]),
    ...(truth === null
      ? []
      : [
          `right: ${right(truth.judge)} of what it let pass, ${right(truth.rewardModel)} of what R_φ did, ${right(truth.both)} of what both did`,
        ]),
  ].join('; ');
}

/** Why a judge is of no use; null where it may be of some. */
export function uselessJudge({ judged, passed, failedGates, truth }: JudgeFigures): string | null {
  if (judged === 0) return 'the judge gave no verdict at all';
  if (passed === 0) return `the judge let none of ${judged} candidates pass (${mostOf(failedGates)})`;
  if (passed === judged && judged >= enough) return `the judge let all of ${judged} candidates pass: it tells nothing`;
  if (truth === null || truth.known < enough || truth.judge.precision === null || truth.judge.recall === null)
    return null;
  // Who lets pass at random lets the same share of the right and of all pass.
  return truth.judge.recall <= truth.judge.passed / truth.known
    ? `the judge tells right from wrong no better than chance: it let ${percent(truth.judge.recall)} of the right and ${percent(truth.judge.passed / truth.known)} of all pass`
    : null;
}

/** Candidates from which one sign is no accident. */
const enough = 30;

function mostOf(failedGates: Readonly<Record<string, number>>): string {
  const [most] = Object.entries(failedGates).toSorted(([, a], [, b]) => b - a);
  return most === undefined ? 'too few points' : `${most[1]} failed ${most[0]}`;
}
