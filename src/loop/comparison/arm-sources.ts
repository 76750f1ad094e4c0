/** What arms learn from, made once and only when an arm asks: R_φ, candidates, and candidates with scores. */
import type { Sample } from '../../sample.js';
import type { RunContext } from '../run-context.js';
import type { LoopState } from '../cycle.js';
import { firstGenerator } from '../generator/generator-state.js';
import { runStage } from '../parts/run-stage.js';
import { generate, readCandidates } from '../stages/generate.js';
import { readScored, score } from '../stages/score.js';
import { firstState } from '../before-cycles.js';

interface Made {
  samples: Sample[];
  fingerprint: string;
}

export interface Sources {
  /** Fingerprint of the prepared data. */
  prepared: string;
  /** R_φ and all else that a first cycle starts from. */
  state(): Promise<LoopState>;
  /** What the generator wrote in the first cycle. */
  candidates(): Promise<Made>;
  /** The same with the scores of the first R_φ. */
  scored(): Promise<Made>;
}

/** @param run Its arm and its settings are those of the stages. */
export function sourcesOf(run: RunContext, prepared: string): Sources {
  const generator = once(() => firstGenerator(run, prepared));
  const state = once(async () => firstState(run, prepared, await generator()));
  const candidates = once(async (): Promise<Made> => {
    const first = await generator();
    const written = await runStage(run, generate(run, { cycle: 1, generator: first, from: [first.fingerprint] }));
    return { samples: await readCandidates(run, written), fingerprint: written.fingerprint };
  });
  const scored = once(async (): Promise<Made> => {
    const { rewardModel } = await state();
    const { samples, fingerprint } = await candidates();
    const from = [fingerprint, rewardModel.fingerprint];
    const stage = await runStage(run, score(run, { cycle: 1, candidates: () => [samples], rewardModel, from }));
    return { samples: await readScored(run, stage), fingerprint: stage.fingerprint };
  });
  return { prepared, state, candidates, scored };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => (made ??= make());
}
