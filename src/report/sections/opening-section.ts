/** The answer first: in one sentence for each run, from what to what, how sure that is, on what, and by what. */
import { verdictOf, type PairedDifference } from '../../evaluation/paired-difference.js';
import { limits } from '../../loop/guards/policy-guards.js';
import type { ComparisonResult } from '../../loop/comparison/comparison-result.js';
import type { Evaluation } from '../data/evaluations.js';
import type { RunFigures } from '../data/run-figures.js';
import type { Settings } from '../data/read-settings.js';
import { html, type Markup } from '../markup.js';
import { count, percent, percentWithin, points, pText, signed } from '../numbers.js';

export function opening(runs: readonly RunFigures[]): Markup {
  return html`<div class="opening">
    ${runs.map(
      (figures) => html`<p>${runs.length === 1 ? null : html`<b>${figures.run.name}:</b> `}${sentenceOf(figures)}</p>`,
    )}
  </div>`;
}

function sentenceOf(figures: RunFigures): Markup {
  const { run, evaluations, standing } = figures;
  if (run.comparison !== null) return recipeSentence(run.comparison);
  const base = evaluations.find(({ method }) => method === 'base');
  if (base === undefined) return html`No policy was measured yet; ${madeOf(run.settings)}.`;
  if (standing === null || standing === base)
    return html`The base is right on ${percentWithin(base.accuracy, base.interval)} of ${count(base.n)} held-out
    questions, and no other policy ${standing === null || evaluations.length === 1 ? 'was measured yet' : 'goes on'};
    ${madeOf(run.settings)}.`;
  return changeSentence(figures, base, standing);
}

function changeSentence({ run, transitions }: RunFigures, base: Evaluation, now: Evaluation): Markup {
  const paired = transitions?.paired ?? null;
  const verdict = paired === null ? null : verdictOf(paired);
  const verb = verdict === 'better' ? 'rose' : verdict === 'worse' ? 'fell' : 'went';
  const interval =
    paired?.interval === null || paired === null
      ? ''
      : ` (95 %: ${signed(paired.interval.low)} to ${signed(paired.interval.high)}, ${pText(paired.pValue)})`;
  const about =
    paired === null || paired.clusters === paired.n ? '' : ` about ${count(paired.clusters)} images or patients`;
  const flows = transitions?.overall;
  return html`Accuracy on ${count(now.n)} held-out questions${about} ${verb} from
    <b>${percent(base.accuracy)}</b> (base) to <b>${percent(now.accuracy)}</b> (cycle ${now.cycle}, ${now.method}):
    <b>${points(now.accuracy - base.accuracy)}</b
    >${interval}${verdict === 'no different' ? chanceText(paired) : ''}${unreadText(now)}${
      flows === undefined
        ? null
        : html`; ${count(flows.wrongToCorrect)} became right and ${count(flows.correctToWrong)} became wrong`
    };
    ${madeOf(run.settings)}.`;
}

/** The interval and the test ask differently: of few images either alone is too sure. */
function chanceText(paired: PairedDifference | null): string {
  const interval = paired?.interval ?? null;
  const isApart = interval !== null && (interval.low > 0 || interval.high < 0);
  return isApart ? ', which the test still puts down to chance: the images are few' : ', no more than chance may do';
}

const unreadText = ({ unparsed, n }: Evaluation): string =>
  n === 0 || unparsed / n < limits.unread
    ? ''
    : `; in ${count(unparsed)} of its ${count(n)} replies no answer could be read, and these count as wrong`;

function recipeSentence({ recipe, arms, testQuestions }: ComparisonResult): Markup {
  const sorted = arms.toSorted((a, b) => b.accuracy - a.accuracy);
  const [best, second] = sorted;
  if (best === undefined) return html`No model of the recipe ${recipe} was measured yet.`;
  const next = second === undefined ? null : html`, before ${second.label} with ${percent(second.accuracy)}`;
  return html`Of ${count(arms.length)} models measured on ${count(testQuestions)} held-out questions,
    <b>${best.label}</b> has the highest accuracy,
    <b>${percentWithin(best.accuracy, best.intervals.accuracy)}</b>${next}.`;
}

const madeOf = (settings: Settings): string => {
  const { data, policy, generation } = settings;
  const generator = generation[generation.provider as 'gemini' | 'openai' | 'local']?.model;
  const parts = [
    [
      'data',
      data.source === 'files' ? 'own files' : data.source === 'phantom' ? 'phantoms (drawn images)' : data.source,
    ],
    ['model', policy.base],
    ['generator', generation.provider === 'simulated' ? 'simulated teacher' : (generator ?? generation.provider)],
  ];
  return parts.flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`])).join(', ');
};
