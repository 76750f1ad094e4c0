/** The figures of one model's answers as tables. */
import { fixed, formatTable, pText } from '../../format.js';
import type { AnswerReport, GroupFigures } from '../../evaluation/answer-report.js';
import type { BertScore } from '../../evaluation/clinical-scores.js';
import type { Interval } from '../../evaluation/bootstrap.js';
import type { Transitions } from '../../evaluation/transitions.js';

/** @param counts Of rows that a file of answers had and that are not, or not fully, among the figures. */
export function evaluationText(
  report: AnswerReport,
  against: Transitions | null,
  counts?: { unjoined: number; skipped: number },
  bertScore: BertScore | null = null,
): string {
  const { intervals } = report;
  const figures = [
    ['accuracy', percent(report.accuracy), range(intervals.accuracy)],
    ['exact match', percent(report.exactMatch), range(intervals.exactMatch)],
    ['unread', percent(report.unparsed / report.n), range(intervals.unparsed)],
    ['balanced accuracy', percent(report.balancedAccuracy), range(intervals.balancedAccuracy)],
    ['macro F1', percent(report.macroF1), range(intervals.macroF1)],
    ['weighted F1', percent(report.weightedF1), range(intervals.weightedF1)],
    ['AUROC', percent(report.auroc), report.auroc === null ? whyNoAuroc(report) : ''],
    ...openLines(report, bertScore),
  ];
  return [
    `${report.n} answers: ${report.correct} right (${report.exact} letter for letter), ${report.unparsed} without a readable answer (they count as wrong)`,
    ...(counts === undefined ? [] : [`rows left out: ${counts.skipped}, rows of unknown modality: ${counts.unjoined}`]),
    '',
    formatTable([['per cent', '', '95 % interval'], ...figures]),
    '',
    groupTable('modality', report.byModality),
    '',
    groupTable('question type', report.byQuestionType),
    '',
    groupTable('data set', report.byDataset),
    ...(against === null ? [] : ['', againstText(against)]),
  ].join('\n');
}

const whyNoAuroc = ({ withLikelihoods }: AnswerReport): string =>
  withLikelihoods === 0
    ? 'needs likelihoods of the options'
    : 'needs an option that is right in one question and wrong in another';

/** Words shared with the keys of open questions; not a measure of what is right. */
function openLines({ open }: AnswerReport, bertScore: BertScore | null): string[][] {
  if (open === null) return [];
  const of = `over ${open.n} open questions`;
  return [
    ['token F1', percent(open.tokenF1), of],
    ['ROUGE-L', percent(open.rougeL), of],
    ...(bertScore === null ? [] : [['BERTScore F1', percent(bertScore.f1), `${of}, ${encoderOf(bertScore)}`]]),
  ];
}

const encoderOf = ({ model, layer, layers, cut }: BertScore): string =>
  `layer ${layer} of ${layers} of ${model}${cut === 0 ? '' : ` (${cut} texts were cut to what it reads)`}`;

/** From the first model to the second. */
function againstText({ first, second, overall, byModality, pValue }: Transitions): string {
  const flow = (
    name: string,
    { n, correctToCorrect, wrongToCorrect, correctToWrong, wrongToWrong }: typeof overall,
  ) => [name, ...[n, correctToCorrect, wrongToCorrect, correctToWrong, wrongToWrong].map(String)];
  return [
    `first: ${first}, second: ${second}`,
    formatTable([
      ['answers', 'n', 'right both', 'put right', 'made wrong', 'wrong both'],
      flow('all', overall),
      ...Object.entries(byModality).map(([name, flows]) => flow(name, flows)),
    ]),
    `McNemar's exact test, two-sided: ${pText(pValue)}`,
  ].join('\n');
}

function groupTable(title: string, groups: Record<string, GroupFigures>): string {
  const lines = Object.entries(groups).map(
    ([name, { n, correct, unparsed, accuracy, interval, balancedAccuracy, macroF1 }]) => [
      name,
      ...[n, correct, unparsed].map(String),
      percent(accuracy),
      range(interval),
      ...[balancedAccuracy, macroF1].map(percent),
    ],
  );
  return formatTable([[title, 'n', 'right', 'unread', 'accuracy', '95 % interval', 'balanced', 'macro F1'], ...lines]);
}

const percent = (share: number | null): string => (share === null ? '–' : fixed(100 * share, 2));

function range(interval: Interval | null): string {
  // All resamples gave the same figure: that is no certainty.
  return interval === null ? 'none' : `${percent(interval.low)} to ${percent(interval.high)}`;
}
