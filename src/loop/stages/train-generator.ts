/**
 * A local generator learns by SFT (MedGR², the self-updating generator): to each sample's image, its own prompt; after
 * it, the sample as the reply that it is asked for.
 */
import { sectionOf } from '../../config/asking/asked-providers.js';
import { chooseExemplars, prepareRequest } from '../../generation/asking/generation-request.js';
import { renderReply, replySchema, type PromptStrategy } from '../../prompts/index.js';
import { localPrompt } from '../../providers/local-provider.js';
import type { Sample } from '../../sample.js';
import type { SftRow } from '../../job-spec/rows/job-rows.js';
import type { RunContext } from '../run-context.js';
import { fromRun } from '../folder/run-folder.js';
import type { Stage } from '../stage.js';
import { supervise, type TrainOutput } from './train-by-sft.js';

export interface GeneratorTraining {
  cycle: number;
  /** Model to start from. */
  model: string;
  samples: readonly Sample[];
  /** Examples in its prompts. */
  exemplars: readonly Sample[];
  /** Fingerprints of the samples, and of the generator as it stands. */
  from: readonly string[];
}

/** On the newest accepted samples: the generator goes on from where it stands. */
export function generatorSft(run: RunContext, training: GeneratorTraining): Stage<TrainOutput> {
  return train(run, 'generator-sft', training, run.config.generatorUpdate.sft);
}

/** On the trusted samples, so that a model writes what it is asked for before the first cycle. */
export function generatorWarmStart(run: RunContext, training: GeneratorTraining): Stage<TrainOutput> {
  const { generation, generatorUpdate } = run.config;
  const maxSteps = sectionOf(generation, 'local').warmStartSteps;
  return train(run, 'generator-warm-start', training, { ...generatorUpdate.sft, maxSteps });
}

function train(
  run: RunContext,
  name: 'generator-sft' | 'generator-warm-start',
  { samples, exemplars, ...training }: GeneratorTraining,
  sft: RunContext['config']['sft'],
): Stage<TrainOutput> {
  const { dtype, maxPixels, train: part, lora } = sectionOf(run.config.generation, 'local');
  const policy = { dtype, maxPixels, train: part, lora };
  return supervise(run, {
    ...training,
    name,
    settings: { policy, sft },
    rows: () => generatorRows(run, samples, exemplars),
  });
}

/**
 * The prompts are those that the samples were asked for with, made by the code that asks. Trusted samples were never
 * asked for: the strategies take turns on them.
 */
export function generatorRows(
  { config, runDir, parts }: Pick<RunContext, 'config' | 'runDir'> & { parts: Pick<RunContext['parts'], 'strategies'> },
  samples: readonly Sample[],
  exemplars: readonly Sample[],
): SftRow[] {
  const { temperature, maxOutputTokens } = config.generation;
  const { strategies } = parts;
  const exemplarsFor = chooseExemplars(exemplars, config.generatorUpdate.exemplars);
  const asked = { provider: 'local', model: '', temperature, maxOutputTokens, structuredOutput: 'none' as const };
  return samples.map((sample, index) => {
    const turn = strategies[index % strategies.length] as PromptStrategy;
    const task = { ...sample, strategy: sample.provenance.strategy ?? turn.name };
    const { system, prompt } = prepareRequest(task, exemplarsFor(task), asked, strategies);
    return {
      id: sample.id,
      image: fromRun(runDir, sample.image),
      prompt: localPrompt({ system, prompt, responseSchema: replySchema }),
      completion: renderReply(sample),
    };
  });
}
