/** Locks that others left in a run folder, and two runs of it at once. */
import { existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { meet } from './act-process.js';
import { attempt } from '../attempt.js';
import { commandOf, keyVariable } from './configurations.js';
import { unclear } from '../judge.js';
import type { Act, LockFault } from './kinds.js';
import type { Snapshot } from '../reference.js';
import type { Outcome, TrialRun } from '../trial-run.js';

/** Whoever held it has not touched it for an hour. */
const longAgo = (): Date => new Date(Date.now() - 3_600_000);

export async function locked(run: TrialRun, { lock }: Extract<Act, { type: 'lock' }>): Promise<Outcome> {
  if (lock === 'two-runs') return twoAtOnce(run);
  const { snapshots } = run.reference;
  // What a power cut leaves has the lock of a process that is gone.
  const from = snapshots[Math.floor(run.trial.draw.moment * snapshots.length)] as Snapshot;
  run.restore(from);
  run.startedFrom = from;
  const files = readdirSync(run.runDir).filter((name) => name.endsWith('.lock'));
  if (files.length === 0) return run.failed('the harness finds no lock in the folder of a run that was killed');
  for (const file of files) changeLock(join(run.runDir, file), lock);
  return run.goOn({ names: [run.runDir, ...files] });
}

function changeLock(path: string, lock: Exclude<LockFault, 'two-runs'>): void {
  if (lock === 'other-host' || lock === 'other-host-gone') writeFileSync(path, elsewhere(readFileSync(path, 'utf8')));
  if (lock === 'garbage' || lock === 'garbage-old') writeFileSync(path, '\u0000\u0000\u0000{');
  if (lock === 'other-host-gone' || lock === 'garbage-old') utimesSync(path, longAgo(), longAgo());
}

/** The lock as a process of another machine writes it. */
function elsewhere(content: string): string {
  return content
    .replace(/("host"\s*:\s*")[^"]*"/, '$1another-host"')
    .replace(/("boot"\s*:\s*")[^"]*"/, '$1another-boot"');
}

async function twoAtOnce(run: TrialRun): Promise<Outcome> {
  const { bench, trial } = run;
  let second: ReturnType<typeof attempt> | null = null;
  const { end } = await meet(run, { moment: 'random', draw: trial.draw.moment, delay: 0 }, async () => {
    const values = commandOf(trial.configuration, { dir: bench.inputs, url: bench.server.url });
    second = attempt([...values, '--run-dir', run.runDir], { env: { [keyVariable]: 'a-key' } });
    await second;
    return true;
  });
  const other = await (second as ReturnType<typeof attempt> | null);
  if (end.code !== 0) return run.failed(`the run that held the folder ended with ${end.code}: ${end.stderr.trim()}`);
  // The first may have ended before the second looked.
  const problem = other === null || other.code === 0 ? null : unclear(other, { names: [run.runDir] });
  if (problem !== null) return run.failed(`the second run ${problem}`);
  return existsSync(join(run.runDir, 'run.lock')) ? run.failed('the lock was left behind') : run.goOn();
}
