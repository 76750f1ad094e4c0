/** Signals to the processes of a run: killed, asked to end, stopped and continued; then the same command again. */
import { setTimeout as sleep } from 'node:timers/promises';
import { stayed, unclear, unclearInterrupt } from '../judge.js';
import type { Act } from './kinds.js';
import { chooseMoment, waitsFor, type Moment } from './moments.js';
import { signalAll, targetsOf, type Target } from './processes.js';
import type { Running } from '../attempt.js';
import type { Outcome, TrialRun } from '../trial-run.js';

/** Longest delay behind an event, and longest pause, in milliseconds. Jobs of this size are over within a second. */
const longestDelays = { checkpoint: 0, random: 700, job: 100 } as const;
const [shortestPause, longestPause] = [1_500, 5_000];

export async function signalled(run: TrialRun, act: Extract<Act, { type: 'signal' }>): Promise<Outcome> {
  const { moment: draw, time } = run.trial.draw;
  const { target, signal } = act;
  // There is no Python before the first job.
  const isPython = target === 'worker' || target === 'supervisor';
  const moment = isPython && act.moment === 'random' ? 'job' : act.moment;
  const met = await meet(run, { moment, draw, delay: time * longestDelays[moment] }, (running) => {
    const targets = targetsOf(target, running.pid, running.worker);
    signalAll(targets, signal);
    return Promise.resolve(targets.length > 0);
  });
  const { end } = met;
  const left = stayed(end);
  if (left !== null) return run.failed(left);
  if (end.hung) return run.failed(`did not end within ${Math.round(end.seconds)} s`);
  const problem = !met.delivered || end.code === 0 ? null : problemOf(act, target, end);
  return problem === null ? ended(run, met.delivered) : run.failed(problem);
}

/** A fault that met nobody proves nothing. */
async function ended(run: TrialRun, delivered: boolean): Promise<Outcome> {
  const outcome = await run.goOn();
  return delivered || outcome.result === 'else' ? outcome : { result: 'skipped', detail: 'the fault met nobody' };
}

function problemOf({ signal }: Extract<Act, { type: 'signal' }>, target: Target, end: Ended): string | null {
  if (signal !== 'SIGKILL') return unclearInterrupt(end);
  // Whoever is killed says nothing; who outlives it does.
  return target === 'node' || target === 'tree' ? null : unclear(end, {});
}

export async function paused(run: TrialRun, { target }: Extract<Act, { type: 'pause' }>): Promise<Outcome> {
  const { moment, time, place } = run.trial.draw;
  const milliseconds = shortestPause + time * (longestPause - shortestPause);
  const what = target === 'worker' ? 'job' : 'random';
  const { end, delivered } = await meet(
    run,
    { moment: what, draw: moment, delay: place * longestDelays[what] },
    async (running) => {
      const targets = targetsOf(target, running.pid, running.worker);
      signalAll(targets, 'SIGSTOP');
      await sleep(milliseconds);
      signalAll(targets, 'SIGCONT');
      return targets.length > 0;
    },
  );
  if (end.code !== 0) return run.failed(`a pause of ${Math.round(milliseconds)} ms ended it: ${end.stderr.trim()}`);
  return ended(run, delivered);
}

type Ended = Awaited<ReturnType<TrialRun['attempt']>>;

interface Met {
  end: Ended;
  /** Whether there was anyone to meet. */
  delivered: boolean;
}

/** Runs from the snapshot before a moment, and lets the fault meet it there. */
export async function meet(
  run: TrialRun,
  { moment, draw, delay }: { moment: Moment; draw: number; delay: number },
  act: (running: Running) => Promise<boolean>,
): Promise<Met> {
  const chosen = chooseMoment(run.reference, moment, draw);
  run.restore(chosen.snapshot);
  run.startedFrom = chosen.snapshot;
  const hasCome = waitsFor(chosen);
  let delivered = Promise.resolve(false);
  const end = await run.attempt({
    onEvent: (event, running) => {
      if (!hasCome(event)) return;
      const acted = async (): Promise<boolean> => {
        if (delay > 0) await sleep(delay);
        return act(running);
      };
      delivered = acted();
    },
  });
  return { end, delivered: await delivered };
}
