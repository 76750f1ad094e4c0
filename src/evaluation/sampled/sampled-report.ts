/**
 * The figures of sampled answers over many questions, per modality and question type, with intervals. Pure. Questions about
 * one image are drawn together in the bootstrap: a model that reads an image wrongly is wrong in all of them.
 */
import { z } from 'zod';
import { DataError } from '../../errors.js';
import { resamplesFor } from '../answer-report.js';
import { bootstrapIntervals, type Interval } from '../bootstrap.js';
import { bestOfK, drawsOf, majority, passAtK, type SampledAnswer } from './sampled-figures.js';

/** A question with what was answered to it. */
export interface SampledQuestion {
  /** Questions of one image, or of one patient where patients are known, are one draw of the bootstrap. */
  image: string;
  modality: string;
  questionType: string;
  /** Whether the greedy answer is right; null where none was asked for. */
  greedy: boolean | null;
  /** As many for each question. */
  samples: readonly SampledAnswer[];
}

const intervalSchema = z.object({ low: z.number(), high: z.number() }).nullable();
/** 95 %; null where resamples do not vary. */
const figureSchema = z.object({ value: z.number(), interval: intervalSchema });
export type SampledFigure = z.output<typeof figureSchema>;

const groupSchema = z.object({
  n: z.int(),
  /** `greedy`, `acc@1`, `pass@k`, `majority@k`, `best@k`: means over questions. Those that were not asked for are left out. */
  figures: z.record(z.string(), figureSchema),
});
export type SampledGroup = z.output<typeof groupSchema>;

export const sampledReportSchema = groupSchema.extend({
  /** Of each question. */
  samples: z.int(),
  images: z.int(),
  /** Completions in which no answer was found, and those that R_φ could not read. */
  unread: z.int(),
  unscored: z.int(),
  /** What sampling gains over the greedy answer, of the same questions: `pass@k`, `majority@k`, `best@k`. */
  gains: z.record(z.string(), figureSchema),
  byModality: z.record(z.string(), groupSchema),
  byQuestionType: z.record(z.string(), groupSchema),
});
/** pass@k, majority and best by R_φ over questions, with intervals. */
export type SampledReport = z.output<typeof sampledReportSchema>;

/** Seed of the bootstrap and how often it draws. */
export interface SampledOptions {
  /** Of the bootstrap. */
  seed?: number;
  /** Draws of the bootstrap; 1000 where it is left out. */
  resamples?: number | undefined;
}

/**
 * What several sampled answers to each question are worth.
 * @throws DataError `nothing-to-evaluate` where there are none, `samples-uneven` where not as many of each question.
 */
export function sampledReport(questions: readonly SampledQuestion[], options: SampledOptions = {}): SampledReport {
  const [first] = questions;
  const samples = first?.samples.length ?? 0;
  if (first === undefined || samples === 0)
    throw new DataError('nothing-to-evaluate', 'There are no sampled answers to evaluate.', {
      remedy: 'Ask at least one question, with at least one sample.',
    });
  const uneven = questions.find((question) => question.samples.length !== samples);
  if (uneven !== undefined)
    throw new DataError('samples-uneven', `one question has ${samples} samples and another ${uneven.samples.length}`, {
      remedy: 'Give as many samples of each question.',
    });
  const all = questions.flatMap((question) => question.samples);
  const values = questions.map(valuesOf);
  const scored = values.some((value) => Object.keys(value).some((name) => name.startsWith('best@')));
  return {
    ...groupOf(questions, options),
    samples,
    images: new Set(questions.map(({ image }) => image)).size,
    unread: all.filter(({ answer }) => answer === null).length,
    unscored: scored ? all.filter(({ score }) => score === null).length : 0,
    gains: gainsOf(questions, values, options),
    byModality: groupsBy(questions, ({ modality }) => modality, options),
    byQuestionType: groupsBy(questions, ({ questionType }) => questionType, options),
  };
}

type Values = Record<string, number>;

/** A question without any score counts as if one of its samples was taken at random. */
function valuesOf({ greedy, samples }: SampledQuestion): Values {
  const n = samples.length;
  const correct = samples.filter((sample) => sample.correct).length;
  const ks = drawsOf(n);
  const mean = correct / n;
  const best = ks.map((k) => [`best@${k}`, bestOfK(samples, k)] as const);
  return {
    ...(greedy === null ? {} : { greedy: greedy ? 1 : 0 }),
    'acc@1': mean,
    ...Object.fromEntries(ks.map((k) => [`pass@${k}`, passAtK(n, correct, k)])),
    ...(n < 2 ? {} : { [`majority@${n}`]: majority(samples) }),
    ...Object.fromEntries(best.flatMap(([name, value]) => (value === null ? [] : [[name, value]]))),
  };
}

/** Figures that only some questions have are taken over all: the others have their acc@1 there. */
function table(questions: readonly SampledQuestion[]): { names: string[]; rows: Values[] } {
  const rows = questions.map(valuesOf);
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const usable = names.filter((name) => name !== 'greedy' || rows.every((row) => name in row));
  return { names: usable, rows };
}

const valueOf = (row: Values | undefined, name: string): number => row?.[name] ?? row?.['acc@1'] ?? 0;

function groupOf(questions: readonly SampledQuestion[], options: SampledOptions): SampledGroup {
  const { names, rows } = table(questions);
  return { n: rows.length, figures: meansOf(questions, names, (index, name) => valueOf(rows[index], name), options) };
}

function groupsBy(
  questions: readonly SampledQuestion[],
  key: (question: SampledQuestion) => string,
  options: SampledOptions,
): Record<string, SampledGroup> {
  const groups = [...Map.groupBy(questions, key)].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(groups.map(([name, group]) => [name, groupOf(group, options)]));
}

function gainsOf(
  questions: readonly SampledQuestion[],
  rows: readonly Values[],
  options: SampledOptions,
): SampledReport['gains'] {
  if (questions.some(({ greedy }) => greedy === null)) return {};
  const names = table(questions).names.filter((name) => /^(pass|majority|best)@/.test(name));
  const gain = (index: number, name: string): number => valueOf(rows[index], name) - valueOf(rows[index], 'greedy');
  return meansOf(questions, names, gain, options, { low: -1, high: 1 });
}

function meansOf(
  questions: readonly SampledQuestion[],
  names: readonly string[],
  value: (index: number, name: string) => number,
  { seed = 0, resamples = resamplesFor(questions.length) }: SampledOptions,
  bounds?: Interval,
): Record<string, SampledFigure> {
  const values = names.map((name) => Float64Array.from(questions, (_, index) => value(index, name)));
  const meanOver = (rows: Int32Array): Record<string, number> =>
    Object.fromEntries(
      names.map((name, which) => [name, rows.reduce((sum, row) => sum + (values[which]?.[row] ?? 0), 0) / rows.length]),
    );
  const own = meanOver(Int32Array.from(questions, (_, index) => index));
  const clusters = questions.map(({ image }) => image);
  const drawn = { seed, resamples, clusters, bounds };
  const intervals = resamples === 0 ? {} : bootstrapIntervals(questions.length, meanOver, drawn);
  return Object.fromEntries(names.map((name) => [name, { value: own[name] ?? 0, interval: intervals[name] ?? null }]));
}
