/** One trial at work: its folder, the command that a person gives again and again, and what came of it at last. */
import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { attempt, type AttemptEnd, type AttemptOptions } from './attempt.js';
import { differencesBetween } from './compare.js';
import { commandOf, keyVariable } from './acts/configurations.js';
import type { FaultServer } from './fault-server.js';
import { stayed, unclear, type Expected } from './judge.js';
import type { Reference, Snapshot } from './reference.js';
import { followRemedy } from './remedy.js';
import type { Trial } from './trials.js';

export interface Outcome {
  /**
   * `same`: the same command, given again where it had ended, gave what the undisturbed run gave. `clear stop`: an error
   * named the thing and the remedy, which was followed where it needs no judgement. `skipped`: not possible on this machine.
   */
  result: 'same' | 'clear stop' | 'else' | 'skipped';
  detail: string;
}

/** What all trials share. */
export interface Bench {
  /** Folder of the inputs of `files`. */
  inputs: string;
  server: FaultServer;
}

/** What a person does when told to. */
export interface Help {
  /** Sets right what is outside of the folder, whatever the remedy's words: frees the disk, renews the key, puts the image back. */
  lift?: (() => void) | null;
  /**
   * Puts a damaged file back from a copy, where the remedy offers that and nothing simpler. Only who has one may stay
   * with an error that names what is damaged.
   */
  restore?: (() => void) | null;
}

/** More attempts than a patient person makes. */
const mostAttempts = 4;

export class TrialRun {
  runDir: string;
  /** Paths that the files of the folder may name it by. */
  readonly names: string[];
  readonly ends: AttemptEnd[] = [];
  /** What the trial began with. */
  startedFrom: Snapshot | 'finished' | null = null;

  constructor(
    readonly trial: Trial,
    readonly reference: Reference,
    readonly bench: Bench,
    readonly dir: string,
  ) {
    this.runDir = join(dir, 'run');
    this.names = [this.runDir, reference.madeAt];
    rmSync(dir, { recursive: true, force: true });
    mkdirSync(dir, { recursive: true });
  }

  /** The folder as it was at a snapshot, or finished, or nothing. */
  restore(from: Snapshot | 'finished' | null): void {
    if (from === null) return;
    cpSync(this.source(from), this.runDir, { recursive: true, preserveTimestamps: true });
  }

  source(from: Snapshot | 'finished'): string {
    return from === 'finished' ? this.reference.dir : this.reference.snapshotDir(from);
  }

  /** @param more What follows the command of the undisturbed run. */
  async attempt(options: AttemptOptions = {}, more: readonly string[] = []): Promise<AttemptEnd> {
    const { inputs, server } = this.bench;
    const command = commandOf(this.trial.configuration, { dir: inputs, url: server.url });
    const values = [...command, '--run-dir', this.runDir, ...more];
    const end = await attempt(values, { ...options, env: { [keyVariable]: 'a-key' } });
    this.ends.push(end);
    return end;
  }

  /** The same command until it is done or stops for good. */
  async goOn(expected: Expected = {}, { lift = null, restore = null }: Help = {}): Promise<Outcome> {
    const done: string[] = [];
    let toLift = lift;
    for (let tries = 0; tries < mostAttempts; tries++) {
      const end = await this.attempt();
      const left = stayed(end);
      if (left !== null) return this.failed(left);
      if (end.code === 0) return this.compared(done);
      const problem = unclear(end, done.length === 0 ? expected : {});
      if (problem !== null) return this.failed(`${done.map((act) => `${act}; then: `).join('')}${problem}`);
      if (toLift === null) {
        const followed = followRemedy(end.stderr, this.runDir) ?? restored(end.stderr, restore);
        // Where nothing is wrong any more, a stop is no outcome, however clear.
        if (followed === null && restore === null)
          return this.failed(`stops where nothing is wrong: ${end.stderr.trim()}`);
        if (followed === null) return { result: 'clear stop', detail: stopOf(end) };
        done.push(`${stopOf(end)} -> ${followed}`);
      } else {
        toLift();
        toLift = null;
        done.push(stopOf(end));
      }
    }
    return this.failed(`stopped ${mostAttempts} times: ${done.join('; ')}`);
  }

  /** @param done What was done beside giving the same command. */
  private async compared(done: readonly string[]): Promise<Outcome> {
    const { dir, madeAt } = this.reference;
    const found = await differencesBetween({ dir, names: [madeAt] }, { dir: this.runDir, names: this.names });
    const before = done.length === 0 ? '' : `after ${done.join('; ')}: `;
    if (found.length > 0) {
      const shown = found.slice(0, 4).join('; ');
      return this.failed(`${before}done with exit code 0, but ${found.length} files are not the same: ${shown}`);
    }
    return { result: done.length === 0 ? 'same' : 'clear stop', detail: before };
  }

  failed(detail: string): Outcome {
    return { result: 'else', detail };
  }

  remove(): void {
    if (existsSync(dirname(this.runDir))) rmSync(this.dir, { recursive: true, force: true });
  }
}

const stopOf = ({ stderr }: AttemptEnd): string => /^error \([a-z0-9-]+\): .*$/m.exec(stderr)?.[0].slice(0, 200) ?? '';

function restored(stderr: string, restore: (() => void) | null): string | null {
  if (restore === null || !/what to do: .*\b(restore|put back|from a copy)\b/i.test(stderr)) return null;
  restore();
  return 'restored the file';
}
