/** A small run folder, made by the loop itself with an engine without Python, so that it always has today's shape. */
import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseConfig } from '../../src/config/load.js';
import { runLoop } from '../../src/loop/run.js';
import { fakeEngine, type FakeOptions } from '../loop/fake-engine.js';

const yaml = `
cycles: 1
data: { source: phantom, seed: 12, test: 24, pool: 6 }
generation: { imagesPerCycle: 4, strategies: [direct, step-by-step] }
filter: { threshold: 0 }
rewardModel: { warmStartSteps: 0 }
preferences: { prompts: 4, samples: 2 }
`;

export async function recordRun(runDir: string, set: readonly string[] = [], options: FakeOptions = {}): Promise<void> {
  mkdirSync(runDir, { recursive: true });
  await runLoop(parseConfig(yaml, { file: 'test.yaml', set }), { runDir, engine: fakeEngine(options) });
}

/** What a trainer logs, as events of a GRPO job. */
export function addTrainSteps(runDir: string, rewards: readonly number[]): void {
  const stage = { type: 'job', cycle: 1, stage: 'grpo', job: 'cycle-1-grpo' };
  for (const [i, reward] of rewards.entries()) {
    const grpo = {
      reward,
      rewardStd: 0.1,
      rewards: { rewardModel: { mean: reward, std: 0.1 } },
      kl: null,
      completionLength: 12,
      deadGroups: 0.25,
      entropy: 0.5,
    };
    const event = {
      type: 'train-step',
      step: i + 1,
      totalSteps: rewards.length,
      epoch: null,
      loss: 0.1,
      learningRate: 0.001,
      gradNorm: 1,
      tokens: 100,
      stepSeconds: 1,
      grpo,
    };
    const line = { time: '2026-01-02T03:04:05.000Z', ...stage, event };
    appendFileSync(join(runDir, 'events.jsonl'), `${JSON.stringify(line)}\n`);
  }
}
