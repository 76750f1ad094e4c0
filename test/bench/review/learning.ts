/**
 * What R_φ learns from verdicts, on phantoms: from the first cycle of a run, every arm goes on in a copy of its own, by the loop's own
 * stages. All are measured alike: on graded texts of test questions, which nothing has learned, and on candidates of the next
 * cycle, at the τ that the loop sets.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { z } from 'zod';
import { ensurePython } from '../../../src/bridge/environment/make-environment.js';
import type { Config } from '../../../src/config/schema.js';
import { createPhantomData } from '../../../src/dataset/sources/phantom-source.js';
import { spearman } from '../../../src/evaluation/answer-metrics.js';
import { auroc } from '../../../src/evaluation/auroc.js';
import { drawQueue, type QueueShares } from '../../../src/evaluation/verdicts/queue-design.js';
import { fourGrades, gradeSamples } from '../../../src/grading/index.js';
import { gradedRewardRows } from '../../../src/job-spec/rows/reward-rows.js';
import { openEngine, type Engine } from '../../../src/job-spec/script-engine.js';
import type { LoopState } from '../../../src/loop/cycle.js';
import { fromRun, readJson, runFiles, writeJson } from '../../../src/loop/folder/run-folder.js';
import { inRunFolder } from '../../../src/loop/in-run-folder.js';
import { runStage } from '../../../src/loop/parts/run-stage.js';
import { readConfig } from '../../../src/loop/result/run-sources.js';
import { isTrue, precisionOf } from '../../../src/loop/result/sample-precision.js';
import { queueCandidates, scoredCandidates } from '../../../src/loop/review/review-queue.js';
import { learnFromExperts, takeUpVerdicts } from '../../../src/loop/review/take-up.js';
import { openVerdicts } from '../../../src/loop/review/verdict-file.js';
import type { RunContext } from '../../../src/loop/run-context.js';
import { rowOptions } from '../../../src/loop/stage-job.js';
import { generate, readCandidates } from '../../../src/loop/stages/generate.js';
import { readScored, score } from '../../../src/loop/stages/score.js';
import { seededRandom } from '../../../src/random.js';
import type { Sample } from '../../../src/sample.js';
import { afterFirstCycle } from './after-first-cycle.js';
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
  /** Verdicts, and trusted samples in their stead. */
  size: number;
  error: number;
  /** Where copies of the runs and figures go. */
  out: string;
}

/** Graded texts are of so many test questions, and so many candidates of the next cycle are scored: scoring takes most of the time. */
const measured = { questions: 60, candidates: 400 };

/** Of runs with a first cycle. One line of progress for each R_φ; what is there already is not done again. */
export async function measureLearning(runs: readonly string[], options: LearningOptions): Promise<LearningOutcome[]> {
  mkdirSync(options.out, { recursive: true });
  const outcomes: LearningOutcome[] = [];
  await using engine = await openEngine({ python: await ensurePython(), logDir: join(options.out, 'logs') });
  for (const run of runs)
    for (const arm of learningArms) {
      const { seed } = readConfig(join(run, runFiles.config));
      const file = join(options.out, `seed-${seed}-${arm}.json`);
      if (!existsSync(file)) writeJson(file, await new ArmBench(engine, run, options).measure(arm));
      const outcome = outcomeSchema.parse(readJson(file));
      outcomes.push(outcome);
      const { spearman: rank, precision, accepted, seconds } = outcome;
      process.stderr.write(
        `seed ${seed}, ${arm}: Spearman ${rank?.toFixed(3)}, precision ${precision?.toFixed(3)} of ${(100 * accepted).toFixed(0)} % accepted; ${seconds.toFixed(0)} s\n`,
      );
    }
  return outcomes;
}

const later =
  /^(cycle-(?!0|1$|1\/)|arms|cards|dataset|logs|report|review|verdicts|result\.json|config\.yaml|outcome\.json|events\.jsonl|run\.lock)/;

/** As the run stood after its first cycle. */
function startFrom(run: string, place: string): void {
  rmSync(place, { recursive: true, force: true });
  cpSync(run, place, { recursive: true, filter: (source) => !later.test(relative(run, source)) });
  const ledger = join(place, runFiles.ledger);
  const lines = readFileSync(ledger, 'utf8').split('\n');
  const kept = lines.filter((line) => /^\{"cycle":[01],/.test(line) && !line.includes('"arm":'));
  writeFileSync(ledger, kept.map((line) => `${line}\n`).join(''));
}

class ArmBench {
  private readonly config: Config;

  constructor(
    private readonly engine: Engine,
    private readonly run: string,
    private readonly options: LearningOptions,
  ) {
    const config = readConfig(join(run, runFiles.config));
    // Every R_φ is measured, also one that would be refused.
    this.config = { ...config, threads: 1, guards: { ...config.guards, promotion: false, probes: false } };
  }

  async measure(arm: Arm): Promise<LearningOutcome> {
    const { seed } = this.config;
    const place = this.place(arm);
    startFrom(this.run, place);
    const started = performance.now();
    const found = await this.inRun(place, async (run, before) => {
      const judgedRight = arm in queues ? await this.judge(run, queues[arm]) : null;
      const after = await (arm === 'trusted' ? this.withTrusted(run, before) : takeUpVerdicts(run, 2, before));
      return { ...(await this.figures(run, before, after)), judgedRight };
    });
    rmSync(place, { recursive: true });
    return { seed, arm, ...found, seconds: (performance.now() - started) / 1000 };
  }

  private place(name: string): string {
    return join(this.options.out, `seed-${this.config.seed}`, name);
  }

  /** @param work Given what the second cycle begins from. */
  private async inRun<T>(runDir: string, work: (run: RunContext, state: LoopState) => Promise<T>): Promise<T> {
    const found: T[] = [];
    await inRunFolder(
      this.config,
      { runDir, engine: this.engine, withVerdicts: true, allowVersionChange: true },
      {
        work: async (run) => {
          found.push(await work(run, await afterFirstCycle(run)));
        },
        result: (_, status) => ({ status }),
      },
    );
    return found[0] as T;
  }

  /** Writes verdicts into the run. @returns Share of the judged samples that is right. */
  private async judge({ runDir, data }: RunContext, shares: QueueShares | undefined): Promise<number> {
    const { seed } = this.config;
    const { size, error } = this.options;
    const { candidates, tau } = await queueCandidates(runDir, 1);
    const samples = new Map((await scoredCandidates(runDir, 1)).map((sample) => [sample.id, sample]));
    const random = seededRandom('simulated reader', seed);
    const said = new Map(
      [...samples].map(([id, sample]) => {
        const errs = random.next() < error;
        return [id, judgeSample(sample, data.truth(sample), errs, random)];
      }),
    );
    const items = drawQueue(candidates, { size, tau, seed, shares });
    using file = openVerdicts(runDir);
    for (const verdict of simulatedVerdicts(items, (id) => said.get(id) ?? { verdict: 'skip' })) file.record(verdict);
    const right = items.filter(({ id }) => isTrue(data, samples.get(id) as Sample) === true);
    return right.length / items.length;
  }

  /** As many new trusted samples on images of their own, taught as what experts accept is. */
  private async withTrusted(run: RunContext, state: LoopState): Promise<LoopState> {
    const { seed: samples } = await createPhantomData({
      dir: this.place('more'),
      seed: this.config.seed + 10_000,
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
    const texts = await this.graded(run, run.data.test.slice(0, measured.questions));
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
    const random = seededRandom('candidates that are scored', run.config.seed);
    const asked = random.shuffle(await readCandidates(run, generated)).slice(0, measured.candidates);
    const from = [generated.fingerprint, rewardModel.fingerprint];
    const stage = await runStage(run, score(run, { cycle: 2, candidates: () => [asked], rewardModel, from }));
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
