/** `medgr2 evaluate`: figures of a file of answers, or of a model's answers to questions. No logic of its own. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import type { SpecInput } from '../../bridge/jobs/open-engine.js';
import { parseConfig } from '../../config/load.js';
import { parseColumnMap } from '../../dataset/predictions/answered-row.js';
import { readPredictions, type PredictionSet } from '../../dataset/predictions/predictions.js';
import { ConfigError } from '../../errors.js';
import { formatCount } from '../../format.js';
import { answerReport, type AnswerReport, type EvaluationReading } from '../../evaluation/answer-report.js';
import type { BertScore } from '../../evaluation/clinical-scores.js';
import { outcomesOf, readOutcomes } from '../../evaluation/questions/other-answers.js';
import { answerQuestions, answerRows, type Prediction } from '../../evaluation/answer-questions.js';
import { readQuestions, testOfRun } from '../../evaluation/questions/test-questions.js';
import { transitions, type Outcome, type Transitions } from '../../evaluation/transitions.js';
import { sampleAnswers } from '../../evaluation/sampled/sample-answers.js';
import { sampledReport, type SampledQuestion, type SampledReport } from '../../evaluation/sampled/sampled-report.js';
import type { Sample } from '../../sample.js';
import { confirmOutput } from '../../loop/folder/check-outputs.js';
import { withBases } from '../../loop/folder/relocation.js';
import { checkEncoder, encoderScore, type EncoderFlags } from '../encoder-score.js';
import { evaluationText } from '../print/evaluation-text.js';
import { sampledText } from '../print/sampled-text.js';
import type { CommandIo } from '../command-io.js';
import { namesAnswers, namesFolder } from '../named-paths.js';
import { setUpPython } from './run-command.js';

interface Common extends EncoderFlags {
  /** A file of answers, predictions.parquet, or with `model` another model. */
  against?: string | undefined;
  json: boolean;
}

export interface EvaluatePredictions extends Common {
  predictions: string;
  questions?: string | undefined;
  map: readonly string[];
  skipBad: boolean;
  reading: EvaluationReading;
}

export interface EvaluateModel extends Common {
  model: string;
  data: string;
  set: readonly string[];
  /** Folder to keep prompts, answers and predictions.parquet in. */
  out?: string | undefined;
  /** Completions of each question beside the greedy one. */
  sampling?: Drawing | undefined;
}

interface Drawing {
  samples: number;
  temperature: number;
  /** Folder of R_φ, for best-of-k. */
  rewardModel?: string | undefined;
}

export async function evaluatePredictions(command: EvaluatePredictions, io: CommandIo): Promise<void> {
  const { predictions, questions, skipBad, reading, against } = command;
  checkEncoder(command);
  const map = parseColumnMap(command.map);
  const set = await readPredictions({ predictions, questions, map, skipBad });
  const report = answerReport(set.rows, { reading });
  const flows =
    against === undefined
      ? null
      : compare(
          predictions,
          outcomesOf(set.rows, reading),
          against,
          await readOutcomes({ predictions: against, questions, map, skipBad }, reading),
        );
  for (const note of notesOf(set, report)) io.error(`note: ${note}`);
  const bertScore = await encoderScore(command, set.rows, reading, io);
  const counts = { unjoined: set.unjoined, skipped: set.bad.length };
  const { notInQuestions, unanswered, repeatedIds } = set;
  io.out(
    command.json
      ? JSON.stringify(
          jsonOf(report, flows, {
            unjoined: set.unjoined,
            notInQuestions,
            unanswered,
            repeatedIds,
            skipped: set.bad.length,
            ...bertScoreOf(bertScore),
          }),
        )
      : evaluationText(report, flows, counts, bertScore),
  );
}

export async function evaluateModel(command: EvaluateModel, io: CommandIo): Promise<void> {
  const { model, data, against } = command;
  checkEncoder(command);
  const samples = await readQuestions(data);
  const judge = command.sampling?.rewardModel;
  const used = [data, model, against, judge].flatMap((name) => (name === undefined ? [] : withBases(testOf(name))));
  for (const name of used) await confirmOutput(name);
  // Before the questions are answered, which takes a while.
  if (judge !== undefined) requireRewardModel(judge);
  await setUpPython(io);
  const { predictions: first, questions } = await answersOf(command, model, samples, command.out, io);
  const { likelihoods, reading } = settings(command.set).evaluation;
  const rows = answerRows(first, likelihoods, samples);
  const report = answerReport(rows, { reading });
  const bertScore = await encoderScore(command, rows, reading, io);
  let flows: Transitions | null = null;
  if (against !== undefined) {
    const other = namesAnswers(against)
      ? await readOutcomes({ predictions: against, skipBad: false }, reading)
      : await answersOf(
          { ...command, sampling: undefined },
          against,
          samples,
          command.out === undefined ? undefined : join(command.out, 'against'),
          io,
        ).then(({ predictions }) => predictions);
    flows = compare(model, first, against, other);
  }
  const sampled: SampledReport | null = questions === null ? null : sampledReport(questions);
  io.out(
    command.json
      ? JSON.stringify(
          jsonOf(report, flows, { model, data, ...bertScoreOf(bertScore), ...(sampled === null ? {} : { sampled }) }),
        )
      : [
          evaluationText(report, flows, undefined, bertScore),
          ...(sampled === null ? [] : ['', sampledText(sampled)]),
        ].join('\n'),
  );
}

function requireRewardModel(folder: string): void {
  if (existsSync(join(resolve(folder), 'reward_head.safetensors'))) return;
  throw new ConfigError('no-reward-model', `${folder} is no reward model: it has no reward_head.safetensors`, {
    where: resolve(folder),
    remedy: 'Give the folder of one, as RUN/cycle-0/reward-model/model.',
  });
}

/** A run folder is asked for its test questions. */
const testOf = (path: string): string => {
  const questions = join(path, testOfRun);
  return existsSync(questions) ? questions : path;
};

const settings = (set: readonly string[]) =>
  parseConfig('evaluation: { likelihoods: mean }', { file: 'evaluate', set });

interface Answered {
  predictions: Prediction[];
  /** Null where nothing was sampled. */
  questions: SampledQuestion[] | null;
}

/** Asks one model all questions, in an engine of its own. */
async function answersOf(
  { set, sampling }: EvaluateModel,
  model: string,
  samples: readonly Sample[],
  out: string | undefined,
  io: CommandIo,
): Promise<Answered> {
  const config = settings(set);
  const { openEngine } = await import('../../bridge/jobs/open-engine.js');
  const { mkdir } = await import('node:fs/promises');
  const dir = out === undefined ? await mkdtemp(join(tmpdir(), 'medgr2-evaluate-')) : resolve(out);
  await mkdir(dir, { recursive: true });
  try {
    await using engine = await openEngine({ logDir: join(dir, 'logs') });
    const hooksOf = (what: string) => ({
      signal: io.signal,
      onEvent: (event: { type: string; done?: number; total?: number }) => {
        if (event.type === 'progress') io.error(`${basename(model)}: ${event.done} of ${event.total} ${what}`);
      },
    });
    const hooks = hooksOf('questions');
    const asking = {
      config,
      model: namesFolder(model) ? resolve(model) : model,
      samples,
      dir,
      seed: config.seed,
      rows: { instruction: config.policy.instruction, imagePath: (image: string) => image },
      complete: (spec: SpecInput<'complete'>) => engine.start<'complete'>(spec, hooks).result,
      evaluate: (spec: SpecInput<'evaluate'>) => engine.start<'evaluate'>(spec, hooks).result,
    };
    if (sampling === undefined) return { predictions: await answerQuestions(asking), questions: null };
    const { rewardModel, ...drawn } = sampling;
    const judge =
      rewardModel === undefined
        ? null
        : {
            rewardModel: resolve(rewardModel),
            score: (spec: SpecInput<'score'>) => engine.start<'score'>(spec, hooksOf('answers scored')).result,
          };
    return await sampleAnswers({ ...asking, drawn, judge });
  } finally {
    if (out === undefined) await rm(dir, { recursive: true, force: true });
  }
}

const compare = (
  first: string,
  outcomes: readonly Outcome[],
  second: string,
  others: readonly Outcome[],
): Transitions => transitions({ name: first, outcomes }, { name: second, outcomes: others });

/** The object of --json; what follows the figures comes beside them. */
function jsonOf(
  { n, correct, unparsed, accuracy, ...rest }: AnswerReport,
  against: Transitions | null,
  beside: object,
): object {
  return { n, correct, unparsed, accuracy, ...rest, ...beside, ...(against === null ? {} : { against }) };
}

const bertScoreOf = (bertScore: BertScore | null): object => (bertScore === null ? {} : { bertScore });

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
  const { unanswered } = set;
  const few = unanswered === 1 ? '1 question has' : `${unanswered} questions have`;
  if ((unanswered ?? 0) > 0) shown.push(`${few} no answer in the file of answers: the figures leave them out`);
  return [
    ...shown,
    ...counted.flatMap(([count, what]) =>
      count === null || count === 0 ? [] : [`${formatCount(count, 'row')} ${what}`],
    ),
  ];
}
