/** `medgr2 evaluate --predictions`: reads a file of answers and prints its figures. No logic of its own. */
import { parseColumnMap } from '../dataset/answered-row.js';
import { readPredictions, type PredictionSet } from '../dataset/predictions.js';
import { answerReport, type AnswerReport, type GroupFigures } from '../evaluation/answer-report.js';
import type { Interval } from '../evaluation/bootstrap.js';
import { formatTable } from '../format.js';
import type { CommandIo } from './io.js';

export interface EvaluateCommand {
  predictions: string;
  questions?: string | undefined;
  map: readonly string[];
  skipBad: boolean;
  json: boolean;
}

export async function evaluateCommand(command: EvaluateCommand, io: CommandIo): Promise<void> {
  const { predictions, questions, skipBad } = command;
  const set = await readPredictions({ predictions, questions, map: parseColumnMap(command.map), skipBad });
  const report = answerReport(set.rows);
  for (const note of notesOf(set, report)) io.error(`note: ${note}`);
  io.out(command.json ? JSON.stringify(jsonOf(set, report)) : tableOf(set, report));
}

/** The object of --json; `unjoined` and what follows come beside the figures. */
function jsonOf(set: PredictionSet, { n, correct, unparsed, accuracy, ...rest }: AnswerReport): object {
  const { bad, unjoined, notInQuestions, repeatedIds } = set;
  return { n, correct, unparsed, accuracy, ...rest, unjoined, notInQuestions, repeatedIds, skipped: bad.length };
}

/** What a reader of the figures must know. */
function notesOf(set: PredictionSet, report: AnswerReport): string[] {
  const counted: (readonly [number | null, string])[] = [
    [set.unjoined, 'of a modality that neither the rows, the questions nor the data set’s name say'],
    [set.notInQuestions, 'not in the file of questions'],
    [set.repeatedIds, 'with a question id that came before; they count again'],
    [report.answerNotAmongOptions, 'whose options lack the right answer; it was taken as one more option'],
  ];
  const bad = [...set.bad, ...set.badQuestions];
  const shown = bad.slice(0, 5).map(({ where, reason }) => `left out: ${where} ${reason}`);
  if (bad.length > shown.length) shown.push(`left out: ${bad.length - shown.length} more`);
  return [
    ...shown,
    ...counted.flatMap(([count, what]) => (count === null || count === 0 ? [] : [`${rows(count)} ${what}`])),
  ];
}

const rows = (count: number): string => `${count} ${count === 1 ? 'row' : 'rows'}`;

function tableOf(set: PredictionSet, report: AnswerReport): string {
  const { intervals } = report;
  const figures = [
    ['accuracy', percent(report.accuracy), range(intervals.accuracy)],
    ['balanced accuracy', percent(report.balancedAccuracy), range(intervals.balancedAccuracy)],
    ['macro F1', percent(report.macroF1), range(intervals.macroF1)],
    ['weighted F1', percent(report.weightedF1), range(intervals.weightedF1)],
    ['AUROC', percent(report.auroc), report.auroc === null ? 'needs likelihoods of the options' : ''],
  ];
  return [
    `${report.n} answers: ${report.correct} right, ${report.unparsed} without a readable answer (they count as wrong)`,
    `rows left out: ${set.bad.length}, rows of unknown modality: ${set.unjoined}`,
    '',
    formatTable([['per cent', '', '95 % interval'], ...figures]),
    '',
    groupTable('modality', report.byModality),
    '',
    groupTable('question type', report.byQuestionType),
    '',
    groupTable('data set', report.byDataset),
  ].join('\n');
}

function groupTable(title: string, groups: Record<string, GroupFigures>): string {
  const lines = Object.entries(groups).map(([name, { n, correct, unparsed, accuracy, balancedAccuracy, macroF1 }]) => [
    name,
    ...[n, correct, unparsed].map(String),
    ...[accuracy, balancedAccuracy, macroF1].map(percent),
  ]);
  return formatTable([[title, 'n', 'right', 'unread', 'accuracy', 'balanced', 'macro F1'], ...lines]);
}

const percent = (share: number | null): string => (share === null ? '–' : (100 * share).toFixed(2));

function range(interval: Interval | null): string {
  return interval === null ? '–' : `${percent(interval.low)} to ${percent(interval.high)}`;
}
