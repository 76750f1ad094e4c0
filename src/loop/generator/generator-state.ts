/** The generator as it stands: the examples in its prompts, and its weights where they are ours to train. */
import { join } from 'node:path';
import { sectionOf } from '../../config/asking/asked-providers.js';
import { sha256 } from '../../hash.js';
import type { Sample } from '../../sample.js';
import type { RunContext } from '../run-context.js';
import { outsideGold } from '../guards/gold.js';
import { runStage } from '../parts/run-stage.js';
import type { StageDone } from '../stage.js';
import { generatorUpdate, readExemplars, seedExemplars } from '../stages/generator-update.js';
import type { TrainOutput } from '../stages/train-by-sft.js';
import { generatorSft, generatorWarmStart } from '../stages/train-generator.js';

export interface GeneratorState {
  /** Examples in its prompts. */
  exemplars: Sample[];
  /** A local generator that was fine-tuned in this run; null for one as configured. */
  trained: TrainedGenerator | null;
  fingerprint: string;
}

export interface TrainedGenerator {
  /** Absolute folder. */
  path: string;
  /** Tells its replies from those of the generator before it. */
  version: string;
}

/**
 * The generator of the first cycle: shown some trusted samples and, where the configuration says so, trained on them.
 * @param prepared Fingerprint of the prepared data.
 */
export async function firstGenerator(run: RunContext, prepared: string): Promise<GeneratorState> {
  const { config } = run;
  const { provider, local, seedExemplars: perType } = config.generation;
  // A model of our own learns its prompts too; what an API is shown as an example of form is no training.
  const learned = provider === 'local' && run.gold !== null;
  const seed = learned ? outsideGold(run.gold, run.data.seed) : run.data.seed;
  // A model of our own is asked by its content; of an API, the name in the settings is all that there is.
  const content = provider === 'local' && local !== undefined ? ` ${await run.models.of(local.model)}` : '';
  const shown: GeneratorState = {
    exemplars: seedExemplars(seed, perType, config.seed),
    trained: null,
    fingerprint: sha256(`${prepared} ${perType}${content}${learned ? ' without gold' : ''}`),
  };
  if (provider !== 'local' || (local?.warmStartSteps ?? 0) === 0) return shown;
  const { exemplars, fingerprint } = shown;
  const training = { cycle: 0, model: modelOf(run, shown), samples: seed, exemplars, from: [fingerprint] };
  return trainedBy(shown, await runStage(run, generatorWarmStart(run, training)));
}

export interface Lesson {
  cycle: number;
  /** Samples that the cycle accepted. */
  accepted: readonly Sample[];
  /** Fingerprint of the filter's work. */
  from: string;
}

/** The generator of the next cycle. */
export async function updateGenerator(
  run: RunContext,
  generator: GeneratorState,
  { cycle, accepted, from: filtered }: Lesson,
): Promise<GeneratorState> {
  const { enabled, method } = run.config.generatorUpdate;
  const { exemplars } = generator;
  const from = [filtered, generator.fingerprint];
  if (!enabled || method === 'exemplars') {
    const updated = await runStage(run, generatorUpdate(run, { cycle, accepted, exemplars, from }));
    return { ...generator, exemplars: await readExemplars(run, updated), fingerprint: updated.fingerprint };
  }
  // A cycle that accepted nothing has nothing to teach.
  if (accepted.length === 0) return generator;
  const training = { cycle, model: modelOf(run, generator), samples: accepted, exemplars, from };
  return trainedBy(generator, await runStage(run, generatorSft(run, training)));
}

const modelOf = ({ config }: RunContext, { trained }: GeneratorState): string =>
  trained?.path ?? sectionOf(config.generation, 'local').model;

function trainedBy(before: GeneratorState, { dir, output, fingerprint }: StageDone<TrainOutput>): GeneratorState {
  const trained = { path: join(dir, output.checkpoint), version: fingerprint.slice(0, 12) };
  return { ...before, trained, fingerprint: sha256(`${before.fingerprint} ${fingerprint}`) };
}
