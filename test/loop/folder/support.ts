/** A small run with a fake engine whose models differ, and what a person could do to its folder. */
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseConfig } from '../../../src/config/load.js';
import { sha256 } from '../../../src/hash.js';
import type { RunOptions } from '../../../src/loop/run-attempt.js';
import type { TimedEvent } from '../../../src/loop/run-events.js';
import { runLoop } from '../../../src/loop/run.js';
import { fakeEngine, type FakeEngine } from '../fake-engine.js';

const yaml = `
cycles: 2
data: { source: phantom, seed: 12, test: 10, pool: 8 }
generation: { imagesPerCycle: 4, teacher: { faults: { malformed: 0, empty: 0, blocked: 0, overloaded: 0 } } }
filter: { threshold: 0 }
preferences: { prompts: 6, samples: 2 }
`;
export const configOf = (...set: string[]) => parseConfig(yaml, { file: 'test.yaml', set });

export interface Attempt {
  events: TimedEvent[];
  engine: FakeEngine;
  /** What was thrown; undefined where it ended well. */
  error: unknown;
  result: Awaited<ReturnType<typeof runLoop>> | undefined;
}

/** Runs, or goes on; never throws. */
export async function attempt(
  runDir: string,
  config = configOf(),
  options: Partial<RunOptions> = {},
  engine = fakeEngine({ contentOnly: true }),
): Promise<Attempt> {
  const events: TimedEvent[] = [];
  try {
    const onEvent = (event: TimedEvent): void => {
      events.push(event);
      options.onEvent?.(event);
    };
    return { events, engine, error: undefined, result: await runLoop(config, { engine, ...options, runDir, onEvent }) };
  } catch (error) {
    return { events, engine, error, result: undefined };
  }
}

export const stagesOf = ({ events }: Pick<Attempt, 'events'>, type: 'stage-start' | 'stage-skip' | 'stage-end') =>
  events.flatMap((event) => (event.type === type ? [`${event.cycle}/${event.stage}`] : []));

export const warningsOf = ({ events }: Pick<Attempt, 'events'>): string[] =>
  events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));

/** A folder that goes with the block. */
export class Scratch implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'medgr2-folder-'));
  at(...names: string[]): string {
    return join(this.path, ...names);
  }
  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** What tells times and places, and tables for jobs that name images by absolute paths. */
const passing =
  /(^|\/)(stage\.json|events\.jsonl|ledger\.jsonl.*|config\.yaml|models\.json|run\.lock.*|rows\.parquet|prompts\.parquet|teacher-answered\.txt|replies\.jsonl)$/;

/** Hash of every file that is the same in two undisturbed runs, by its name. */
export function contentOf(runDir: string): Record<string, string> {
  const names = readdirSync(runDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(runDir.length + 1))
    .filter((name) => !passing.test(name) && !name.includes('.damaged'));
  return Object.fromEntries(
    names.toSorted().map((name) => {
      const bytes = readFileSync(join(runDir, name));
      const text = bytes.toString('utf8');
      // A card is named by its run's folder, which a copy has not.
      const card = name.startsWith('cards/') ? text.replaceAll(` of ${basename(runDir)}\n`, ' of its run\n') : bytes;
      const plain = name === 'result.json' ? withoutTimes(text) : card;
      return [name, sha256(plain)];
    }),
  );
}

const withoutTimes = (text: string): string =>
  JSON.stringify(JSON.parse(text), (key, value: unknown) => (/seconds/i.test(key) ? undefined : value));
