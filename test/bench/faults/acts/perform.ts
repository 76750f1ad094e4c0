/** Performs one trial: the module of its act injects the fault, and says what came of it. */
import { join } from 'node:path';
import { messageOf } from '../../../../src/errors.js';
import { damaged, movedOrCopied, onDisk } from './act-files.js';
import { locked } from './act-locks.js';
import { misbehaving, replaced, withOtherSetting } from './act-outside.js';
import { paused, signalled } from './act-process.js';
import { secondsFrom } from './moments.js';
import type { Reference } from '../reference.js';
import { TrialRun, type Bench, type Outcome } from '../trial-run.js';
import type { Trial } from '../trials.js';

export interface TrialOutcome extends Outcome {
  id: string;
  kind: string;
  configuration: string;
  /** Of all attempts. */
  seconds: number;
  /** Beyond what the undisturbed run takes from where the trial began. */
  beyond: number;
  attempts: number;
}

/** @param dir Folder for the folders of trials; what went wrong is left there. */
export async function performTrial(
  trial: Trial,
  { reference, bench, dir }: { reference: Reference; bench: Bench; dir: string },
): Promise<TrialOutcome> {
  const run = new TrialRun(trial, reference, bench, join(dir, trial.id));
  const outcome = await act(run).catch((error: unknown): Outcome => {
    return { result: 'else', detail: `the harness failed: ${messageOf(error)}` };
  });
  if (outcome.result !== 'else') run.remove();
  const seconds = run.ends.reduce((sum, end) => sum + end.seconds, 0);
  return {
    id: trial.id,
    kind: trial.kind.name,
    configuration: trial.configuration,
    ...outcome,
    seconds,
    beyond: seconds - secondsFrom(reference, run.startedFrom),
    attempts: run.ends.length,
  };
}

function act(run: TrialRun): Promise<Outcome> {
  const what = run.trial.kind.act;
  switch (what.type) {
    case 'signal':
      return signalled(run, what);
    case 'pause':
      return paused(run, what);
    case 'damage':
      return damaged(run, what);
    case 'disk':
      return onDisk(run, what);
    case 'provider':
      return misbehaving(run, what);
    case 'lock':
      return locked(run, what);
    case 'folder':
      return movedOrCopied(run, what);
    case 'input':
      return replaced(run, what);
    case 'setting':
      return withOtherSetting(run);
  }
}
