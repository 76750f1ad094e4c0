/**
 * What R_φ learns from verdicts, on phantoms: for each seed one cycle of a run, which every arm goes on from in a copy of its own, by
 * the loop's own stages. All are measured alike: on graded texts of the test questions, which nothing has seen, and on the
 * candidates of the next cycle, at the τ that the loop sets.
 */
import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { ensurePython } from '../../../src/bridge/environment/make-environment.js';
import { loadConfig } from '../../../src/config/load.js';
import { createPhantomData } from '../../../src/dataset/sources/phantom-source.js';
import { spearman } from '../../../src/evaluation/answer-metrics.js';
import { auroc } from '../../../src/evaluation/auroc.js';
import { drawQueue, type QueueShares } from '../../../src/evaluation/verdicts/queue-design.js';
import { fourGrades, gradeSamples } from '../../../src/grading/index.js';
import { gradedRewardRows } from '../../../src/job-spec/rows/reward-rows.js';
import { openEngine, type Engine } from '../../../src/job-spec/script-engine.js';
import { firstState } from '../../../src/loop/before-cycles.js';
import { runCycle, type LoopState } from '../../../src/loop/cycle.js';
import { fromRun, readJson, runFiles, writeJson } from '../../../src/loop/folder/run-folder.js';
import { firstGenerator } from '../../../src/loop/generator/generator-state.js';
import { inRunFolder } from '../../../src/loop/in-run-folder.js';
import { runStage } from '../../../src/loop/parts/run-stage.js';
import { isTrue, precisionOf } from '../../../src/loop/result/sample-precision.js';
import { queueCandidates, scoredCandidates } from '../../../src/loop/review/review-queue.js';
import { learnFromExperts, takeUpVerdicts } from '../../../src/loop/review/take-up.js';
import { openVerdicts } from '../../../src/loop/review/verdict-file.js';
import type { RunContext } from '../../../src/loop/run-context.js';
import { rowOptions } from '../../../src/loop/stage-job.js';
import { evaluate } from '../../../src/loop/stages/evaluate.js';
import { generate, readCandidates } from '../../../src/loop/stages/generate.js';
import { prepareData } from '../../../src/loop/stages/prepare-data.js';
import { readScored, score } from '../../../src/loop/stages/score.js';
import { seededRandom } from '../../../src/random.js';
import type { Sample } from '../../../src/sample.js';
import { judgeSample, simulatedVerdicts } from './simulated-reader.js';

const onlyRandom = { random: 1, disagreement: 0, 'near-threshold': 0, 'thin-stratum': 0 };
/** What a queue leans to; null is the desk's own mixture. */
const queues: Readonly<Record<string, QueueShares | undefined>> = {
  desk: undefined,
  random: onlyRandom,
  disagreement: { ...onlyRandom, random: 0, disagreement: 1 },
};
export const learningArms = ['without', 'trusted', 'random', 'disagreement', 'desk'] as const;
type Arm = (typeof learningArms)[number];

const figure = z.number().nullable();
const outcomeSchema = z.object({
  seed: z.int(),
  arm: z.enum(learningArms),
  /** Over the graded texts of test questions. */
  spearman: figure,
  /** Right candidates of the next cycle over wrong ones, whatever τ is. */
  auroc: figure,
  tau: z.number(),
  /** Whether τ reaches the precision asked for on what the loop holds out. */
  reached: z.boolean(),
  /** Of the next cycle's candidates: share above τ, and share of those that is right. */
  accepted: z.number(),
  precision: figure,
  /** Of the judged samples, the share that was right; null where none was judged. */
  judgedRight: figure,
  seconds: z.number(),
});
export type LearningOutcome = z.output<typeof outcomeSchema>;

export interface LearningOptions {
  seeds: readonly number[];
  /** Verdicts, and trusted samples in their stead. */
  size: number;
  error: number;
  out: string;
  set: readonly string[];
}

const configFile = join(import.meta.dirname, 'learning.yaml');

/** One line of progress for each; what is there already is not done again. */
export async function measureLearning(options: LearningOptions): Promise<LearningOutcome[]> {
  mkdirSync(options.out, { recursive: true });
  const outcomes: LearningOutcome[] = [];
  await using engine = await openEngine({ python: await ensurePython(), logDir: join(options.out, 'logs') });
  for (const seed of options.seeds) {
    for (const arm of learningArms) {
      const file = join(options.out, `seed-${seed}-${arm}.json`);
      if (!existsSync(file)) writeJson(file, await new SeedBench(engine, seed, options).measure(arm));
      const outcome = outcomeSchema.parse(readJson(file));
      outcomes.push(outcome);
      const { spearman: rank, precision, accepted, seconds } = outcome;
      process.stderr.write(
        `seed ${seed}, ${arm}: Spearman ${rank?.toFixed(3)}, precision ${precision?.toFixed(3)} of ${(100 * accepted).toFixed(0)} % accepted; ${seconds.toFixed(0)} s\n`,
      );
    }
    rmSync(join(options.out, `seed-${seed}`), { recursive: true, force: true });
  }
  return outcomes;
}

class SeedBench {
  constructor(
    private readonly engine: Engine,
    private readonly seed: number,
    private readonly options: LearningOptions,
  ) {}

  async measure(arm: Arm): Promise<LearningOutcome> {
    const base = this.place('base');
    if (!existsSync(join(base, 'done.json'))) {
      await this.inRun(base, 1, async () => {});
      writeJson(join(base, 'done.json'), {});
      process.stderr.write(`seed ${this.seed}: one cycle is done\n`);
    }
    const place = this.place(arm);
    rmSync(place, { recursive: true, force: true });
    cpSync(base, place, { recursive: true, filter: (source) => basename(source) !== runFiles.logs });
    const judgedRight = arm in queues ? await this.judge(place, queues[arm]) : null;
    const started = performance.now();
    return this.inRun(place, 2, async (run, before) => {
      const after = await (arm === 'trusted' ? this.withTrusted(run, before) : takeUpVerdicts(run, 2, before));
      const figures = await this.figures(run, before, after);
      return { seed: this.seed, arm, ...figures, judgedRight, seconds: (performance.now() - started) / 1000 };
    });
  }

  private place(name: string): string {
    return join(this.options.out, `seed-${this.seed}`, name);
  }

  /** @param work Given what the second cycle begins from. */
  private async inRun<T>(
    runDir: string,
    cycles: number,
    work: (run: RunContext, state: LoopState) => Promise<T>,
  ): Promise<T> {
    const set = [...this.options.set, `seed=${this.seed}`, `cycles=${cycles}`];
    const config = await loadConfig(configFile, { set });
    const found: T[] = [];
    await inRunFolder(
      config,
      { runDir, engine: this.engine, withVerdicts: cycles > 1 },
      {
        work: async (run) => {
          const { fingerprint } = await runStage(run, prepareData(run));
          const model = run.config.policy.base;
          const from = [fingerprint, await run.models.of(model)];
          const base = await runStage(run, evaluate(run, { cycle: 0, name: 'evaluate-base', model, from }));
          const first = await firstState(run, fingerprint, await firstGenerator(run, fingerprint), base);
          found.push(await work(run, (await runCycle(run, 1, first)).next));
        },
        result: (_, status) => ({ status }),
      },
    );
    return found[0] as T;
  }

  /** Writes verdicts into the run. @returns Share of the judged samples that is right. */
  private async judge(runDir: string, shares: QueueShares | undefined): Promise<number> {
    const { seed } = this;
    const { size, error } = this.options;
    const { candidates, tau } = await queueCandidates(runDir, 1);
    const samples = new Map((await scoredCandidates(runDir, 1)).map((sample) => [sample.id, sample]));
    const truths = new Map<string, string | null>();
    await this.inRun(runDir, 1, async ({ data }) => {
      for (const sample of samples.values()) truths.set(sample.id, data.truth(sample));
    });
    const random = seededRandom('simulated reader', seed);
    const said = new Map(
      [...samples].map(([id, sample]) => {
        const errs = random.next() < error;
        return [id, judgeSample(sample, truths.get(id) ?? null, errs, random)];
      }),
    );
    const items = drawQueue(candidates, { size, tau, seed, shares });
    using file = openVerdicts(runDir);
    for (const verdict of simulatedVerdicts(items, (id) => said.get(id) ?? { verdict: 'skip' })) file.record(verdict);
    const truth = (id: string): string | null => truths.get(id) ?? null;
    const right = items.filter(({ id }) => isTrue({ truth: () => truth(id) }, samples.get(id) as Sample) === true);
    return right.length / items.length;
  }

  /** As many new trusted samples on images of their own, taught as what experts accept is. */
  private async withTrusted(run: RunContext, state: LoopState): Promise<LoopState> {
    const { seed: samples } = await createPhantomData({
      dir: this.place('more'),
      seed: this.seed + 10_000,
      counts: { seed: this.options.size, test: 0, pool: 0 },
      teacher: { errorRates: { direct: 0, 'step-by-step': 0, 'meta-cognitive': 0 } },
    });
    const named = samples.map((sample) => ({ ...sample, id: `more-${sample.id}` }));
    const fresh = gradedRewardRows(await this.graded(run, named), rowOptions(run));
    return { ...state, rewardModel: await learnFromExperts(run, 2, state, { fresh, from: 'more trusted samples' }) };
  }

  private async graded({ config }: RunContext, samples: readonly Sample[]) {
    const grader = fourGrades({ mismatches: config.grading.mismatches });
    return (await gradeSamples(samples, { seed: config.seed, heldOutImages: new Set(), grader })).train;
  }

  private async figures(run: RunContext, before: LoopState, { rewardModel }: LoopState) {
    const texts = await this.graded(run, run.data.test);
    const rows = texts.map(({ id, image, question, options, response }) => ({
      id,
      image: fromRun(run.runDir, image),
      question,
      options,
      response,
    }));
    const { instruction, maxPixels } = run.config.policy;
    const { scores: read } = await this.engine.score({
      model: rewardModel.path,
      data: rows,
      instruction,
      seed: run.config.seed,
      threads: 1,
      ...(maxPixels === undefined ? {} : { maxPixels }),
      outDir: join(run.runDir, 'test-texts'),
    }).result;
    const known = texts.flatMap(({ grade }, at) => {
      const value = read[at] ?? null;
      return value === null ? [] : [{ grade, score: value }];
    });
    // Of the generator as it was: the same questions to all.
    const { generator } = before;
    const generated = await runStage(run, generate(run, { cycle: 2, generator, from: [generator.fingerprint] }));
    const candidates = await readCandidates(run, generated);
    const from = [generated.fingerprint, rewardModel.fingerprint];
    const stage = await runStage(run, score(run, { cycle: 2, candidates, rewardModel, from }));
    const scored = await readScored(run, stage);
    const { tau, reached } = rewardModel.report;
    const accepted = scored.filter(({ score: value }) => value !== null && value > tau);
    const judged = scored.filter((sample) => sample.score !== null && isTrue(run.data, sample) !== null);
    return {
      spearman: spearman(
        known.map((one) => one.score),
        known.map(({ grade }) => grade),
      ),
      auroc: auroc(
        judged.map((one) => one.score as number),
        judged.map((sample) => isTrue(run.data, sample) === true),
      ),
      tau,
      reached,
      accepted: accepted.length / scored.length,
      precision: precisionOf(run.data, accepted),
    };
  }
}
