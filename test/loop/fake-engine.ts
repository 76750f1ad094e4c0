/** An engine without Python: does at once what each job promises, and records every start. */
import { scoreCounts } from '../../src/loop/stage-detail.js';
import { heldJob } from '../helpers/held-job.js';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JobKind, JobSpec, ResultOf } from '../../src/bridge/contract/contract.js';
import type { Job, JobHooks } from '../../src/bridge/jobs/running-job.js';
import { readParquet } from '../../src/dataset/tables/table.js';
import { JobError } from '../../src/errors.js';
import { sha256 } from '../../src/hash.js';
import type { LoopEngine } from '../../src/loop/run-context.js';
import { questionTypeOfPrompt } from '../../src/prompts/index.js';

export interface FakeCall {
  spec: JobSpec;
  /** Files that lay in the job's folder when it started. */
  found: string[];
  /** What the job was to work on; empty until it read it. */
  rows: Row[];
}

export interface FakeEngine extends LoopEngine {
  calls: FakeCall[];
}

export interface Row {
  id: string;
  prompt: string;
  completion?: string;
  response?: string;
  responses?: string[];
}

export interface FakeOptions {
  /** Called before each job works; may throw, or abort the run. */
  before?: (spec: JobSpec, count: number) => void;
  /** Each training gives another model, and each model other scores, as in truth; else all are alike. */
  differ?: boolean;
  /** Models differ by what they were trained on, wherever they lie: the same training gives the same bytes, as in truth. */
  contentOnly?: boolean;
}

export function fakeEngine({ before, differ = false, contentOnly = false }: FakeOptions = {}): FakeEngine {
  const calls: FakeCall[] = [];
  const start = <K extends JobKind>(input: unknown, hooks: JobHooks = {}): Job<K> => {
    const spec = input as JobSpec;
    const call: FakeCall = { spec, found: readdirSync(spec.outDir), rows: [] };
    calls.push(call);
    const work = async (): Promise<ResultOf<K>> => {
      before?.(spec, calls.length);
      if (hooks.signal?.aborted) throw new JobError('job-cancelled', 'cancelled', { jobId: spec.kind });
      call.rows = 'data' in spec ? await readParquet<Row>(spec.data) : [];
      const name = differ ? `${spec.kind} ${spec.outDir}` : contentOnly ? lessonOf(spec, call.rows) : spec.kind;
      return (await perform(spec, call.rows, hooks, { name, differ })) as ResultOf<K>;
    };
    const result = work();
    result.catch(() => {});
    return heldJob(spec.kind, result, noEvents());
  };
  return { calls, start };
}

async function* noEvents(): AsyncGenerator<never, void> {}

/** Bytes that each kind of job says it held. */
export const fakePeak = {
  sft: 3e9,
  grpo: 4e9,
  'reward-model': 2e9,
  score: 1e9,
  complete: 1e9,
  evaluate: 1e9,
  merge: 1e9,
};

/** What a training is made of: the start, the rows without their places, the seed. */
function lessonOf(spec: JobSpec, rows: readonly Row[]): string {
  const start = join(spec.model.path, 'weights');
  const from = existsSync(start) ? readFileSync(start, 'utf8') : spec.model.path;
  const texts = rows.map(({ id, prompt, completion, response }) => [id, prompt, completion, response]);
  return `${spec.kind} ${sha256(JSON.stringify([from, spec.seed, texts]))}`;
}

interface Differing {
  /** What a trained model's weights hold. */
  name: string;
  differ: boolean;
}

async function perform(
  spec: JobSpec,
  rows: readonly Row[],
  hooks: JobHooks,
  { name, differ }: Differing,
): Promise<object> {
  hooks.onEvent?.({ type: 'job-start', kind: spec.kind, pid: 1, device: 'fake', parameters: 1, resumedFrom: null });
  hooks.onEvent?.({ type: 'memory', of: 'process', peak: fakePeak[spec.kind] });
  switch (spec.kind) {
    case 'score': {
      const own = differ ? Number.parseInt(sha256(spec.model.path).slice(0, 6), 16) / 1e9 : 0;
      const lines = rows.map(({ id, response = '' }) => ({ id, score: scoreOf(response) - own }));
      hooks.onEvent?.({
        type: 'scores',
        counts: scoreCounts(lines.map(({ score }) => score)),
        newest: lines.slice(-1),
      });
      return {
        kind: spec.kind,
        scores: writeLines(spec.outDir, 'scores.jsonl', lines),
        count: rows.length,
        seconds: 0,
      };
    }
    case 'complete': {
      const lines = rows.flatMap(({ id, prompt }) =>
        Array.from({ length: spec.samples }, (_, index) => ({
          id,
          index,
          text: answerTo(prompt, index),
          promptTokens: 9,
          tokens: 3,
          finished: true,
        })),
      );
      return {
        kind: spec.kind,
        completions: writeLines(spec.outDir, 'completions.jsonl', lines),
        count: lines.length,
        seconds: 0,
      };
    }
    case 'evaluate': {
      const lines = rows.map(({ id, prompt, responses = [] }) => ({
        id,
        text: answerTo(prompt, 0),
        tokens: 3,
        finished: true,
        responses: responses.map((text) => ({ logLikelihood: scoreOf(text) - 11, tokens: text.length })),
        ...((spec.samples ?? 0) > 0 ? { sampled: samplesOf(prompt, spec.samples) } : {}),
      }));
      const answers = writeLines(spec.outDir, 'answers.jsonl', lines);
      return { kind: spec.kind, answers, count: lines.length, seconds: 0 };
    }
    case 'grpo':
      await hooks.rewards?.(
        {
          type: 'rewards',
          step: 1,
          items: rows
            .slice(0, 4)
            .map(({ id, prompt }) => ({ id, completion: answerTo(prompt, 0), rewardModelScore: 1 })),
        },
        new AbortController().signal,
      );
      hooks.onEvent?.({
        type: 'completions',
        step: 1,
        items: rows
          .slice(0, 1)
          .map(({ id, prompt }) => ({ id, completion: answerTo(prompt, 0), rewards: {}, rewardModelScore: 1 })),
      });
      if ('lora' in spec && spec.lora !== undefined) writeAdapter(spec.outDir, spec.model.path);
      return trained(spec.kind, spec.outDir, name);
    case 'sft':
    case 'reward-model':
      if ('lora' in spec && spec.lora !== undefined) writeAdapter(spec.outDir, spec.model.path);
      return trained(spec.kind, spec.outDir, name);
    case 'merge':
      return { ...trained(spec.kind, spec.outDir, name), base: 'phantom', dtype: 'float32' };
  }
}

/** As peft does: the base by its absolute path, and a list in any order. */
function writeAdapter(outDir: string, base: string): void {
  mkdirSync(join(outDir, 'model'), { recursive: true });
  const modules = Math.random() < 0.5 ? ['q_proj', 'v_proj'] : ['v_proj', 'q_proj'];
  const config = { base_model_name_or_path: base, r: 4, target_modules: modules };
  writeFileSync(join(outDir, 'model', 'adapter_config.json'), JSON.stringify(config));
}

function trained(kind: JobKind, outDir: string, name: string): object {
  const checkpoint = join(outDir, 'model');
  mkdirSync(checkpoint, { recursive: true });
  writeFileSync(join(checkpoint, 'weights'), name);
  return { kind, checkpoint, steps: 1, seconds: 0, loss: 0.5, tokens: null };
}

function writeLines(outDir: string, name: string, lines: readonly object[]): string {
  const file = join(outDir, name);
  writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return file;
}

/** Between -6 and 10, decided by the text. */
const scoreOf = (text: string): number => (Number.parseInt(sha256(text).slice(0, 4), 16) / 0xffff) * 16 - 6;

const samplesOf = (prompt: string, count: number) =>
  Array.from({ length: count }, (_, index) => ({ text: answerTo(prompt, index), tokens: 3, finished: true }));

/** A sample for a generator's prompt; else the name of one of the options. */
function answerTo(prompt: string, index: number): string {
  const questionType = questionTypeOfPrompt(prompt);
  if (questionType !== null)
    return JSON.stringify({
      questionType,
      question: 'Is it so?',
      options: ['yes', 'no'],
      rationale: 'Seen.',
      answer: 'yes',
    });
  const options = [...prompt.matchAll(/^[A-E]\) (.+)$/gm)].map((match) => match[1] ?? '');
  const chosen = options[(prompt.length + index) % Math.max(1, options.length)] ?? 'yes';
  return `<think>It looks so.</think><answer>${chosen}</answer>`;
}
