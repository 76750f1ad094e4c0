/** What the figures of a run may not be taken for, found from the run itself. Each is a sentence of its own. */
import { percent } from '../numbers.js';
import type { Evaluation } from './evaluations.js';
import type { RewardModelFigures } from './reward-models.js';
import type { RunRecord } from './run-record.js';
import type { CycleScores } from './candidate-scores.js';

export interface LimitInputs {
  run: RunRecord;
  /** Whether the report holds the same run with other seeds too. */
  repeated: boolean;
  evaluations: readonly Evaluation[];
  scores: readonly CycleScores[];
  rewardModels: readonly RewardModelFigures[];
}

export function limitsOf({ run, repeated, evaluations, scores, rewardModels }: LimitInputs): string[] {
  return [
    ...endLimits(run),
    ...((run.result ?? run.comparison)?.warnings ?? []).map((warning) => `${warning}.`),
    ...(run.notice === null ? [] : [run.notice]),
    ...dataLimits(run),
    seedLimit((run.result ?? run.comparison)?.seed ?? run.settings.seed, repeated),
    ...evaluationLimits(run.comparison?.arms ?? evaluations),
    ...scores
      .filter(({ truthKnown }) => !truthKnown)
      .slice(0, 1)
      .map(() => truthLimit),
    ...rewardModels
      .filter(({ report }) => !report.reached)
      .map(
        ({ cycle, ofVerdicts, report }) =>
          `No threshold gave reward model ${cycle}${ofVerdicts ? ' (verdicts)' : ''} the precision asked for on held-out texts; its τ has the best there is, ${percent(report.precision)}.`,
      ),
    ...warningsOf(run),
    ...run.gaps.map((gap) => `${gap}.`),
  ];
}

const seedLimit = (seed: number | undefined, repeated: boolean): string =>
  repeated
    ? `Seed ${seed} is one of several: what holds over them stands under “Over several seeds”, not in the figures of this one.`
    : `One seed (${seed ?? 'unknown'}): another seed gives other figures, and nothing here says by how much.`;

const truthLimit =
  'Whether generated answers are true is not known for this data: precision before and after the filter cannot be given.';

function endLimits({ status, error }: RunRecord): string[] {
  if (status === 'failed') return [`The run failed and is not finished: ${error ?? 'no reason was recorded'}`];
  if (status === 'interrupted') return ['The run was stopped before its end; what follows is what it had reached.'];
  if (status === 'unfinished')
    return [
      'The run has not come to its end: it is still at work, or was killed. What follows is what it had reached.',
    ];
  return [];
}

function dataLimits({ settings, notice }: RunRecord): string[] {
  const found: string[] = [];
  if (settings.data.source === 'phantom' && !/phantom/i.test(notice ?? ''))
    found.push('Phantoms are drawn images: results on them are no medical evidence.');
  if (settings.generation.provider === 'simulated')
    found.push('The generator is simulated: its error rates are settings, not findings.');
  return found;
}

/** Of policies or of a recipe's models. */
function evaluationLimits(evaluations: readonly Pick<Evaluation, 'n' | 'unparsed' | 'label'>[]): string[] {
  const [first] = evaluations;
  if (first === undefined) return ['No policy was measured yet.'];
  const missed = evaluations.filter(({ unparsed }) => unparsed > 0);
  const most = missed.toSorted((a, b) => b.unparsed - a.unparsed)[0];
  const small = first.n < 200 ? ` ${first.n} questions are few: differences of several points can be chance.` : '';
  return [
    `Accuracy is measured on ${first.n} held-out questions of the same source as the training images.${small} Intervals are over these questions only, not over seeds or sites.`,
    most === undefined
      ? 'An answer was found in every completion.'
      : `Completions in which no answer was found count as wrong: up to ${most.unparsed} of ${most.n} (${most.label}).`,
  ];
}

/** Each warning of the run once, with how often it came. */
function warningsOf({ events }: RunRecord): string[] {
  const counts = new Map<string, number>();
  for (const event of events) {
    const message =
      event.type === 'warning'
        ? event.message
        : event.type === 'job' && event.event.type === 'warning'
          ? event.event.message
          : null;
    if (message !== null) counts.set(message, (counts.get(message) ?? 0) + 1);
  }
  return [...counts].map(([message, times]) => `Warning of the run${times > 1 ? ` (${times} times)` : ''}: ${message}`);
}
