/** All trials of a bench: references made where they are missing, then trials by several workers at once. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandOf, keyVariable, type ConfigurationName } from './acts/configurations.js';
import { filesOf } from './acts/damage.js';
import { startFaultServer } from './fault-server.js';
import { makeInputs } from './inputs.js';
import { performTrial, type TrialOutcome } from './acts/perform.js';
import { makeReference, type Reference } from './reference.js';
import type { Trial } from './trials.js';

export interface TrialsOptions {
  /** Folder of references and trials. */
  work: string;
  workers: number;
  /** Whether each reference is compared with a second run first. */
  twice: boolean;
  onOutcome(outcome: TrialOutcome, done: number): void;
}

export async function runTrials(trials: readonly Trial[], options: TrialsOptions): Promise<TrialOutcome[]> {
  const { work, workers, twice, onOutcome } = options;
  // Another version of the code may come to other weights.
  const home = join(work, hashOfCode());
  const inputs = join(home, 'inputs');
  mkdirSync(home, { recursive: true });
  await using server = await startFaultServer();
  const references = new Map<ConfigurationName, Reference>();
  for (const name of new Set(trials.map(({ configuration }) => configuration))) {
    if (name === 'files') await makeInputs(inputs);
    const command = commandOf(name, { dir: inputs, url: server.url });
    const env = { [keyVariable]: 'a-key' };
    references.set(name, await makeReference({ dir: join(home, name), command, env, twice }));
  }
  const outcomes: TrialOutcome[] = [];
  // Trials of `files` share one server and the inputs that they replace: one worker takes them all.
  const [shared, free] = [trials.filter(isShared), trials.filter((trial) => !isShared(trial))];
  const perform = async (trial: Trial): Promise<void> => {
    const reference = references.get(trial.configuration) as Reference;
    const place = { reference, bench: { inputs, server }, dir: join(home, 'trials') };
    const outcome = await performTrial(trial, place);
    outcomes.push(outcome);
    onOutcome(outcome, outcomes.length);
  };
  const worker = async (waiting: Trial[]): Promise<void> => {
    for (let trial = waiting.shift(); trial !== undefined; trial = waiting.shift()) await perform(trial);
  };
  await Promise.all([
    worker(shared).then(() => worker(free)),
    ...Array.from({ length: workers - 1 }, () => worker(free)),
  ]);
  return outcomes.toSorted((one, other) => one.id.localeCompare(other.id));
}

const isShared = ({ configuration }: Trial): boolean => configuration === 'files';

/** Files of the harness that decide what a reference is. */
const ofReference = /^(configurations|fault-server|inputs|reference|attempt)\.ts$/;

/** Of all that decides what a run comes to. */
function hashOfCode(): string {
  const hash = createHash('sha256');
  for (const folder of ['src', 'py/medgr2', 'configs', 'test/bench/faults'])
    for (const file of filesOf(folder)) {
      if (file.includes('__pycache__') || (folder.startsWith('test') && !ofReference.test(file))) continue;
      hash.update(`${folder}/${file}\0`).update(readFileSync(join(folder, file)));
    }
  return hash.digest('hex').slice(0, 12);
}
