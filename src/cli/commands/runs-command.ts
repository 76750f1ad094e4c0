/** `medgr2 runs`: the runs of a folder, newest first, each with its state and what it came to. */
import { percent } from '../../format.js';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { medgr2 } from '../../called-as.js';
import { ConfigError } from '../../errors.js';
import { seedFolders } from '../../loop/comparison/seed-folders.js';
import { holderOfRun } from '../../loop/folder/open-run-folder.js';
import { holdsRun, runFiles } from '../../loop/folder/run-folder.js';
import { headlineOfResult, headlineText } from '../../loop/result/headline.js';
import { isComparison } from '../../loop/result/run-end.js';
import { headlineOf } from '../../tui/state/state-headline.js';
import type { CommandIo } from '../command-io.js';
import { readState, type KnownState } from '../run-state.js';
import { statusWords } from './status-command.js';

/** What `--json` prints of each. */
interface ListedRun {
  runDir: string;
  status: keyof typeof statusWords;
  /** When it told something last, ISO 8601. */
  time: string | null;
  /** Null before anything was measured. */
  headline: string | null;
}

export async function runsCommand(folder: string, json: boolean, io: CommandIo): Promise<void> {
  const root = resolve(folder);
  if (!existsSync(root))
    throw new ConfigError('no-runs', `${root} is not there`, {
      where: root,
      remedy: `Give the folder in which your runs are; \`${medgr2} run\` makes them in runs/.`,
    });
  const found: ListedRun[] = [];
  for (const runDir of runsUnder(root)) found.push(await listed(runDir));
  const sorted = found.toSorted((a, b) => ((a.time ?? '') < (b.time ?? '') ? 1 : -1));
  if (json) io.out(JSON.stringify(sorted));
  else if (sorted.length === 0) io.out(`no runs in ${root}`);
  else
    io.out(
      textTable([
        ['run', 'state', 'last word', 'result'],
        ...sorted.map(({ runDir, status, time, headline }) => [
          relative(root, runDir) || basename(runDir),
          statusWords[status],
          time === null ? '–' : time.slice(0, 16).replace('T', ' '),
          headline ?? '–',
        ]),
      ]),
    );
}

/** All columns are words: each begins at the left. */
function textTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** The folder itself, those in it, and the seeds of recipes among them. */
function runsUnder(root: string): string[] {
  if (holdsRun(root)) return [root];
  const folders = readdirSync(root, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [join(root, entry.name)] : [],
  );
  const inside = folders.flatMap((folder) => (holdsRun(folder) ? [folder] : seedFolders(folder).filter(holdsRun)));
  return [...new Set(inside)];
}

async function listed(runDir: string): Promise<ListedRun> {
  const works = holderOfRun(runDir) !== null;
  const known = await readState(runDir);
  const events = join(runDir, runFiles.events);
  return {
    runDir,
    status: works ? (known.state.status === 'paused' ? 'paused' : 'running') : (known.end?.status ?? 'gone'),
    time: existsSync(events) ? statSync(events).mtime.toISOString() : null,
    headline: headlineFor(known),
  };
}

function headlineFor({ result, state }: KnownState): string | null {
  if (result !== null && isComparison(result)) {
    const best = result.arms.toSorted((a, b) => b.accuracy - a.accuracy)[0];
    return best === undefined
      ? null
      : `${result.recipe}, ${result.arms.length} models; highest ${percent(best.accuracy)} (${best.label}) on ${result.testQuestions} questions`;
  }
  const headline = headlineOf(state) ?? (result === null ? null : headlineOfResult(result));
  return headline === null ? null : headlineText(headline);
}
