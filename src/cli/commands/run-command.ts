/** `medgr2 run` and `medgr2 demo`: loads the configuration, runs its recipe, tells what happens. No logic of its own. */
import { existsSync } from 'node:fs';
import { basename, extname, join, resolve } from 'node:path';
import { ensurePython } from '../../bridge/environment/make-environment.js';
import { loadConfig } from '../../config/load.js';
import type { Config } from '../../config/schema.js';
import { ConfigError, messageOf } from '../../errors.js';
import type { TimedEvent } from '../../loop/run-events.js';
import { requestOfRun } from '../../loop/folder/stop-requests.js';
import type { ComparisonResult } from '../../loop/comparison/comparison-result.js';
import { headlineOfResult, headlineText } from '../../loop/result/headline.js';
import type { RunResult } from '../../loop/result/run-result.js';
import { runFiles } from '../../loop/folder/run-folder.js';
import { lineTeller } from '../../tui/event-lines.js';
import { followFile, followSeeds } from '../../tui/events/event-sources.js';
import type { Source } from '../../tui/events/feed.js';
import { comparisonOf } from '../../loop/comparison/arm-plan.js';
import { seedFolders } from '../../loop/comparison/seed-folders.js';
import { holderOfRun } from '../../loop/folder/open-run-folder.js';
import type { RunOptions } from '../../loop/run-attempt.js';
import type { ReportWritten } from '../../report/write-report.js';
import { closingCard, loopCommands, recipeCommands } from '../print/closing-card.js';
import { comparisonText } from '../print/comparison-text.js';
import { runDetached } from '../detach.js';
import type { CommandIo } from '../command-io.js';
import { onScreen } from '../on-screen.js';
import { seedsText } from '../print/seeds-text.js';
import { summaryOf } from '../print/summary-text.js';

export interface RunCommand {
  config: string;
  runDir?: string | undefined;
  set: readonly string[];
  json: boolean;
  /** Lines even where there is a terminal. */
  plain?: boolean;
  /** In the background. */
  detach?: boolean;
  /** A recipe with each of these seeds instead of the configuration's own. */
  seeds?: readonly number[] | undefined;
  /** Finished stages whose inputs changed are done again. */
  redo?: boolean;
  /** The next cycle learns from the verdicts of experts. */
  withVerdicts?: boolean;
  /** The run goes on with other versions than it was begun with. */
  allowVersionChange?: boolean;
}

export async function runCommand(command: RunCommand, io: CommandIo): Promise<void> {
  // Seconds may pass before the screen is there: whoever waits should see that something happens.
  if (io.terminal !== undefined && !command.json) io.error(`reading ${command.config} …`);
  const config = await loadConfig(command.config, { set: command.set, env: io.env });
  if (command.withVerdicts === true && config.recipe.kind !== 'loop')
    throw new ConfigError(
      'verdicts-of-recipe',
      `--with-verdicts is of the loop, and ${command.config} compares models`,
      {
        remedy: 'Leave it out, or give the configuration of a loop whose samples were judged.',
      },
    );
  const name = basename(command.config, extname(command.config));
  if (command.seeds !== undefined) return runWithSeeds(command, command.seeds, config, name, io);
  const runDir = resolve(command.runDir ?? join('runs', `${name}-${config.seed}`));
  await expectModels(config, runDir);
  await setUpPython(io);
  if (command.detach === true) return runDetached({ ...command, runDir }, io);
  const result = await shown<RunResult | ComparisonResult>(command, io, {
    source: () => followFile(join(runDir, runFiles.events)),
    runDir: () => runDir,
    // The code of the loop takes a second to load: the screen is there before it.
    run: async (hooks) => {
      const { runRecipe } = await import('../../loop/comparison/run-recipe.js');
      return runRecipe(config, { ...choicesOf(command), ...hooks, runDir });
    },
  });
  if (command.json) return;
  io.out('recipe' in result ? comparisonText(result, runDir) : summaryOf(result, runDir));
  await close(result, runDir, io);
}

/** Before anything is made; a run that was begun has the models that it needs, or its stages say so. */
async function expectModels(config: Config, runDir: string): Promise<void> {
  if (existsSync(runDir)) return;
  const { expectModelFolders } = await import('../../loop/doctor/check-models.js');
  expectModelFolders(config);
}

interface Shown<T> {
  source: () => Source;
  /** Of the run that is asked to pause or stop. */
  runDir: () => string;
  run(hooks: Pick<RunOptions, 'signal' | 'onEvent'>): Promise<T>;
}

/** On the screen where there is a terminal, else line by line. */
async function shown<T>(command: RunCommand, io: CommandIo, { source, runDir, run }: Shown<T>): Promise<T> {
  const { terminal, signal } = io;
  if (terminal === undefined || command.json || command.plain === true)
    return run({ signal, onEvent: teller(command, io) });
  return onScreen<T>(terminal, io, {
    source: source(),
    request: (request) => requestOfRun(runDir(), request),
    isAlive: () => true,
    gpu: true,
    work: async () => run({ signal }),
  });
}

/** The report is written by itself, and the card says what can be done next; neither takes anything from the run. */
async function close(result: RunResult | ComparisonResult | null, runDir: string, io: CommandIo): Promise<void> {
  const report = await writtenReport(runDir, io);
  const loop = result === null || 'recipe' in result ? null : result;
  const headline = loop === null ? null : headlineOfResult(loop);
  const policy = loop?.paths?.policy ?? null;
  io.out(
    closingCard({
      headline: headline === null ? null : headlineText(headline),
      report,
      commands:
        loop === null
          ? recipeCommands(runDir)
          : loopCommands(
              runDir,
              policy?.startsWith('cycle-') === true ? policy : null,
              existsSync(join(runDir, runFiles.dataset)),
            ),
    }),
  );
}

async function writtenReport(runDir: string, io: CommandIo): Promise<ReportWritten | null> {
  try {
    const { writeReport } = await import('../../report/write-report.js');
    return await writeReport([runDir], { out: join(runDir, 'report.html') });
  } catch (error) {
    io.error(`note: the report could not be written: ${messageOf(error)}`);
    return null;
  }
}

async function runWithSeeds(
  command: RunCommand,
  seeds: readonly number[],
  config: Config,
  name: string,
  io: CommandIo,
): Promise<void> {
  const compared = comparisonOf(config);
  const runDir = resolve(command.runDir ?? join('runs', `${name}-seeds`));
  await expectModels(config, runDir);
  await setUpPython(io);
  if (command.detach === true) return runDetached({ ...command, runDir }, io);
  const pooled = await shown(command, io, {
    source: () => followSeeds(runDir, seeds),
    runDir: () => seedFolders(runDir).find((folder) => holderOfRun(folder) !== null) ?? runDir,
    run: async (hooks) => {
      const { runSeeds } = await import('../../loop/comparison/run-seeds.js');
      return runSeeds(compared, seeds, { ...choicesOf(command), ...hooks, runDir });
    },
  });
  if (command.json) return;
  io.out(seedsText(pooled, runDir));
  await close(null, runDir, io);
}

const choicesOf = ({ redo, withVerdicts, allowVersionChange }: RunCommand) => ({
  redo,
  withVerdicts,
  allowVersionChange,
});

/** Each event as a line. */
function teller({ json }: RunCommand, io: CommandIo): (event: TimedEvent) => void {
  const tell = lineTeller();
  return (event) => {
    const line = json ? JSON.stringify(event) : tell(event);
    if (line !== null) io.out(line);
  };
}

/** Says something only where there is something to install. */
export async function setUpPython(io: CommandIo, requirements?: readonly string[]): Promise<string> {
  let told = false;
  return ensurePython({
    signal: io.signal,
    ...(requirements === undefined ? {} : { requirements }),
    onProgress: (line) => {
      if (!told) io.error('setting up the Python environment, once; this takes some minutes …');
      told = true;
      if (/^(Collecting|Downloading|Installing|Successfully|waiting)/.test(line.trim())) io.error(`  ${line.trim()}`);
    },
  });
}
