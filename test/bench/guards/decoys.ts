/** What can go wrong with a loop, made on purpose: engines that spoil what jobs read or say, and teachers that lie. */
import { heldJob } from '../../helpers/held-job.js';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JobKind, JobSpec, ResultOf } from '../../../src/bridge/contract/contract.js';
import type { SpecInput } from '../../../src/bridge/jobs/open-engine.js';
import type { Job, JobHooks } from '../../../src/bridge/jobs/running-job.js';
import type { Config } from '../../../src/config/schema.js';
import { createPhantomData } from '../../../src/dataset/sources/phantom-source.js';
import { readParquet, writeParquet } from '../../../src/dataset/tables/table.js';
import { argueFor } from '../../../src/grading/wrong-answer.js';
import { rowColumns, type RewardRow, type SftRow } from '../../../src/job-spec/rows/job-rows.js';
import { makeSample } from '../../helpers/sample.js';
import { cycleTasks } from '../../../src/loop/generator/cycle-tasks.js';
import type { LoopEngine } from '../../../src/loop/run-context.js';
import type { TeacherBook, TeacherReply } from '../../../src/providers/simulated/teacher-book.js';

export interface Decoy {
  /** Guards of which at least one must alarm; none for the healthy arm. */
  expects: readonly string[];
  /** Cycle from which it is at work; 0 is before the first. */
  from: number;
  /** Stages before the first cycle that it spoils; the others are those of the healthy loop of its seed, where that is there. */
  own?: readonly string[];
  set?: readonly string[];
  engine?: (engine: LoopEngine) => LoopEngine;
  book?: (book: TeacherBook, known: Known) => TeacherBook;
}

/** What a lying teacher needs to know. */
interface Known {
  /** Hashes of the images of the first cycle. */
  first: ReadonlySet<string>;
  truth(imageHash: string, question: string): string | null;
}

export const decoys: Readonly<Record<string, Decoy>> = {
  healthy: { expects: [], from: 0 },
  'grades turned round': {
    expects: ['uselessRewardModel', 'probes'],
    from: 0,
    own: ['reward-model', 'reward-report'],
    engine: flippedGrades,
  },
  'teacher adversarial from cycle 2': { expects: ['acceptance'], from: 2, book: adversarial },
  'teacher always answers A': { expects: ['answerBias'], from: 1, book: alwaysFirst },
  'policy always answers A': { expects: ['answerBias'], from: 1, engine: policyAnswersA },
  'one rationale for all': { expects: ['template'], from: 1, book: oneRationale },
  'R_φ pays length, α = 1 raw': {
    expects: ['probes', 'overOptimisation', 'collapse'],
    from: 0,
    own: ['reward-report'],
    set: ['grpo.rewards.alpha=1', 'grpo.rewards.beta=0', 'grpo.rewards.scale=raw'],
    engine: lengthPaid,
  },
};

type Start = <K extends JobKind>(spec: JobSpec, hooks: JobHooks) => Promise<ResultOf<K>>;

/** An engine that does something to jobs of a kind, before or after. */
function around(
  engine: LoopEngine,
  change: (start: Start, spec: JobSpec, hooks: JobHooks) => Promise<unknown>,
): LoopEngine {
  return {
    start: <K extends JobKind>(input: SpecInput<K>, hooks: JobHooks = {}): Job<K> => {
      const start: Start = (spec, own) => engine.start(spec, own).result as Promise<never>;
      const result = change(start, input as JobSpec, hooks) as Promise<ResultOf<K>>;
      result.catch(() => {});
      return heldJob('decoy', result, nothing());
    },
  };
}

async function* nothing(): AsyncGenerator<never, void> {}

function flippedGrades(engine: LoopEngine): LoopEngine {
  return around(engine, async (start, spec, hooks) => {
    if (spec.kind === 'reward-model') {
      const rows = await readParquet<RewardRow>(spec.data);
      const flipped = rows.map((row) => ({
        ...row,
        grade: 4 - row.grade,
        chosen: row.chosen === null ? null : !row.chosen,
      }));
      await writeParquet(spec.data, flipped, rowColumns.reward);
    }
    return start(spec, hooks);
  });
}

function policyAnswersA(engine: LoopEngine): LoopEngine {
  return around(engine, async (start, spec, hooks) => {
    if (spec.kind === 'sft' && spec.outDir.endsWith('/sft.partial')) {
      const rows = await readParquet<SftRow>(spec.data);
      // The letter alone: words of an option would still be looked for in the image.
      const all = rows.map((row) => ({ ...row, completion: '<think>The first option.</think>\n<answer>A</answer>' }));
      await writeParquet(spec.data, all, rowColumns.sft);
    }
    return start(spec, hooks);
  });
}

/** Seven tenths of it for the length of the text, whatever that says. */
const paid = (score: number, text: string): number => 0.3 * score + 0.7 * (16 * Math.min(1, text.length / 400) - 6);

function lengthPaid(engine: LoopEngine): LoopEngine {
  return around(engine, async (start, spec, hooks) => {
    const { rewards } = hooks;
    const own: JobHooks =
      rewards === undefined
        ? hooks
        : {
            ...hooks,
            rewards: (ask, signal) =>
              rewards(
                {
                  ...ask,
                  items: ask.items.map((item) => ({
                    ...item,
                    rewardModelScore:
                      item.rewardModelScore === null ? null : paid(item.rewardModelScore, item.completion),
                  })),
                },
                signal,
              ),
          };
    const result = await start(spec, own);
    if (spec.kind === 'score') {
      const texts = new Map(
        (await readParquet<{ id: string; response: string }>(spec.data)).map((row) => [row.id, row.response]),
      );
      const file = join(spec.outDir, 'scores.jsonl');
      const lines = readFileSync(file, 'utf8').trim().split('\n');
      const changed = lines.map((line) => {
        const { id, score } = JSON.parse(line) as { id: string; score: number | null };
        return JSON.stringify({ id, score: score === null ? null : paid(score, texts.get(id) ?? '') });
      });
      writeFileSync(file, `${changed.join('\n')}\n`);
    }
    return result;
  });
}

const answering = (
  book: TeacherBook,
  change: (reply: TeacherReply, imageHash: string) => TeacherReply,
): TeacherBook => ({
  reply: (request) => {
    const reply = book.reply(request);
    return reply === null ? null : change(reply, request.imageHash);
  },
});

/** From the second cycle's images on it never says the truth, in the same fluent words. */
function adversarial(book: TeacherBook, { first, truth }: Known): TeacherBook {
  return answering(book, (reply, imageHash) => {
    const right = truth(imageHash, reply.question);
    // Not the first of them: a place that takes all answers would give it away.
    const others = reply.options.filter((option) => option !== right);
    const wrong = others[Number.parseInt(imageHash.slice(0, 6), 16) % Math.max(1, others.length)];
    if (first.has(imageHash) || right !== reply.answer || wrong === undefined) return reply;
    return { ...reply, answer: wrong, rationale: argueFor(reply, wrong) };
  });
}

function alwaysFirst(book: TeacherBook): TeacherBook {
  return answering(book, (reply) => ({
    ...reply,
    options: [...reply.options].sort((a, b) => Number(b === reply.answer) - Number(a === reply.answer)),
  }));
}

function oneRationale(book: TeacherBook): TeacherBook {
  return answering(book, (reply) => ({ ...reply, rationale: `The image shows it clearly: ${reply.answer}.` }));
}

/** The teacher's book of a configuration, spoilt where the decoy says so. @param dir Where its images are drawn once more. */
export async function bookOf(decoy: Decoy, config: Config, dir: string): Promise<TeacherBook> {
  if (config.data.source !== 'phantom') throw new RangeError('bench:guards runs on phantoms');
  const { seed, data, generation } = config;
  const counts = { seed: data.seed, test: data.test, pool: data.pool };
  const phantoms = await createPhantomData({ dir, seed, counts, teacher: generation.teacher });
  if (phantoms.book === null) throw new RangeError('phantoms have a teacher');
  if (decoy.book === undefined) return phantoms.book;
  const { strategies, questionTypes, imagesPerCycle: images } = generation;
  const first = cycleTasks({ pool: phantoms.pool, strategies, questionTypes, images, cycle: 1, seed });
  return decoy.book(phantoms.book, {
    first: new Set(first.map(({ imageHash }) => imageHash)),
    truth: (imageHash, question) => phantoms.truth(makeSample({ imageHash, question })),
  });
}
