/** Runs a stage of the loop once, and around it the stages of a person's own that come before and after it. */
import { join } from 'node:path';
import { z } from 'zod';
import { readSamples, writeSamples } from '../../dataset/tables/sample-table.js';
import { RunError } from '../../errors.js';
import { candidatesFile } from '../../generation/generate-to-files.js';
import { sha256 } from '../../hash.js';
import { identityOf } from '../../config/part.js';
import { sampleSchema, type Sample } from '../../sample.js';
import { relinked } from '../folder/relocation.js';
import { fromRun } from '../folder/run-folder.js';
import type { RunContext } from '../run-context.js';
import type { StageName } from '../stage-names.js';
import type { StagePlan } from '../stage-plan.js';
import { runOnce, type Stage, type StageContext, type StageDone } from '../stage.js';
import { callPart, frozen, wrongResult } from './checked-parts.js';
import type { OwnStage, StageReport } from './loop-parts.js';

/** Where the samples lie that flow on from a stage. */
const flowing: Partial<Record<StageName, string>> = {
  generate: candidatesFile,
  score: 'scored.parquet',
  filter: 'd-gen.parquet',
};
/** After which they may be replaced: D_gen is the filter's. */
const replaceable: ReadonlySet<StageName> = new Set<StageName>(['generate', 'score']);
const samplesFile = 'samples.parquet';

/** The stage as it is done; where stages after it gave other samples, with theirs, and their fingerprint. */
export async function runStage<Output>(run: RunContext, stage: Stage<Output>): Promise<StageDone<Output>> {
  const { stages } = run.parts;
  for (const own of stages.filter(({ before }) => before === stage.name))
    await runOnce(run, ownStage(run, own, stage, null));
  const done = await runOnce(run, stage);
  for (const own of stages.filter(({ after }) => after === stage.name)) {
    const made = await runOnce(run, ownStage(run, own, stage, done));
    if (made.output.samples === null) continue;
    done.fingerprint = made.fingerprint;
    done.samples = join(made.dir, samplesFile);
  }
  return done;
}

/** The plan with the stages of a person's own where they come. */
export function withOwnStages(plan: StagePlan, own: readonly OwnStage[]): StagePlan {
  const within = (stages: readonly StageName[]): StageName[] =>
    stages.flatMap((stage) => [
      ...own.filter(({ before }) => before === stage).map(nameOf),
      stage,
      ...own.filter(({ after }) => after === stage).map(nameOf),
    ]);
  return { start: within(plan.start), cycle: within(plan.cycle), last: within(plan.last) };
}

/** The stage that one of a person's own comes before or after. */
type Beside = Pick<Stage<never>, 'cycle' | 'name' | 'inputs'>;

const nameOf = ({ name }: OwnStage): StageName => `own-${name}`;

const metric = z.union([z.number(), z.string(), z.null()]);
const output = z.strictObject({
  metrics: z.record(z.string(), metric),
  /** How many it gave in place of those that came; null where it gave none. */
  samples: z.int().nullable(),
});

function ownStage(
  run: RunContext,
  own: OwnStage,
  beside: Beside,
  done: StageDone<unknown> | null,
): Stage<z.output<typeof output>> {
  const { cycle, name: place } = beside;
  const part = { kind: 'stage', part: own };
  return {
    cycle,
    name: nameOf(own),
    inputs: {
      ...identityOf(own),
      ...(done === null
        ? { before: place, inputHash: sha256(JSON.stringify(beside.inputs)) }
        : { after: place, from: [done.fingerprint] }),
    },
    partial: 'over',
    output,
    metrics: ({ metrics }) => metrics,
    run: async (context) => {
      let came: readonly Sample[] | null = null;
      const samples = async (): Promise<readonly Sample[]> => (came ??= frozen(await readFlowing(run, beside, done)));
      // One that shows its progress may take its time.
      let shown = false;
      const late = (message: string): void => void (shown || context.emit({ type: 'warning', message }));
      const progress: StageContext['progress'] = (...told) => {
        shown = true;
        context.progress(...told);
      };
      const watched = contextOf({ ...context, progress }, done, samples);
      const given = await callPart({ ...part, late }, context.signal, () => own.run(watched));
      const { metrics, samples: others } = reportOf(own, given ?? {});
      if (others === undefined) return { metrics, samples: null };
      if (!replaceable.has(place) || done === null)
        throw wrongResult(part, `gave samples; only stages after ${[...replaceable].join(' and ')} may`);
      const checked = checkSamples(own, others, await samples());
      await writeSamples(join(context.dir, samplesFile), checked);
      return { metrics, samples: checked.length };
    },
  };
}

function contextOf(context: StageContext, done: StageDone<unknown> | null, samples: () => Promise<readonly Sample[]>) {
  const { cycle, dir, runDir, signal } = context;
  return {
    cycle,
    dir,
    runDir,
    after: done === null ? null : { dir: done.dir, output: frozen(done.output) },
    samples,
    imagePath: ({ image }: Pick<Sample, 'image'>) => fromRun(runDir, image),
    engine: context.engine,
    progress: (count: number, total: number, detail = {}) => context.progress(count, total, detail),
    warn: (message: string) => context.emit({ type: 'warning', message }),
    signal,
  };
}

async function readFlowing(run: RunContext, { name }: Beside, done: StageDone<unknown> | null): Promise<Sample[]> {
  const file = flowing[name];
  if (file === undefined || done === null)
    throw new RunError('part-result', `no samples come ${done === null ? 'before' : 'after'} ${name}`, {
      remedy: `Stages after ${Object.keys(flowing).join(', ')} are given samples.`,
    });
  return relinked(run.data, await readSamples(done.samples ?? join(done.dir, file)));
}

/** @throws RunError `part-result` for anything else than what a stage may give: left unread, it would be lost without a word. */
export function reportOf(own: OwnStage, given: StageReport) {
  const part = { kind: 'stage', part: own };
  const expected = 'expected { metrics, samples }';
  if (typeof given !== 'object' || Array.isArray(given))
    throw wrongResult(part, `gave ${Array.isArray(given) ? 'a list' : `a value of type ${typeof given}`}; ${expected}`);
  const stray = Object.keys(given).find((key) => key !== 'metrics' && key !== 'samples');
  if (stray !== undefined) throw wrongResult(part, `gave ${JSON.stringify(stray)}; ${expected}`);
  const metrics = z.record(z.string(), metric).safeParse(given.metrics ?? {});
  if (!metrics.success) throw wrongResult(part, 'gave metrics that are not finite numbers, texts or null');
  return { metrics: metrics.data, samples: given.samples };
}

/** Samples that the loop can go on with: whole, each once, about images that came. */
function checkSamples(own: OwnStage, given: unknown, came: readonly Sample[]): Sample[] {
  const part = { kind: 'stage', part: own };
  if (!Array.isArray(given)) throw wrongResult(part, 'gave samples that are no list');
  if (given.length === 0) throw wrongResult(part, 'left no samples');
  const images = new Map(came.map(({ image, imageHash }) => [imageHash, image]));
  const ids = new Set<string>();
  return given.map((one: unknown, index) => {
    const parsed = sampleSchema.safeParse(one);
    const about = `sample ${index + 1}`;
    if (!parsed.success) {
      const issues = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
      throw wrongResult(part, `gave a ${about} that is none (${issues.join('; ')})`);
    }
    const { id, image, imageHash } = parsed.data;
    if (ids.has(id)) throw wrongResult(part, `gave two samples of the id ${id}`);
    if (images.get(imageHash) !== image)
      throw wrongResult(part, `gave a ${about} about an image that did not come to it`);
    ids.add(id);
    return parsed.data;
  });
}
