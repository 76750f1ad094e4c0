/** Run folders -> one HTML page that needs nothing else, no network, no script; beside it, pages with all samples. */
import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { packageRoot } from '../bridge/environment/package-paths.js';
import { shellWord } from '../called-as.js';
import { ConfigError } from '../errors.js';
import { readJson, writeWhole } from '../loop/folder/run-folder.js';

/** What the page shows, and where it goes. */
export interface ReportOptions {
  /** Where to write; `report.html` in the run folder for one run, in the working folder for several. */
  out?: string | undefined;
  /** False leaves images out, for data that may not leave its place. */
  images?: boolean | undefined;
  /** Accepted and rejected samples shown of each cycle; 8 of each by default. */
  samples?: number | undefined;
  /** Called while pages beside the report are written: cards written, of how many. */
  onProgress?: ((done: number, total: number) => void) | undefined;
}

/** What was written. */
export interface ReportWritten {
  /** Absolute. */
  file: string;
  /** Names of the runs as the page shows them, with how they ended. */
  runs: { name: string; status: string }[];
  /** How many images the page holds. */
  images: number;
  /** Length of the page, in bytes. */
  bytes: number;
}

/**
 * Writes runs as one HTML page that loads nothing and runs no script.
 * @throws RunError where a folder holds no run; ConfigError `path-kind` where `out` can be no file. Runs that are unfinished or failed are reported as such.
 * @example
 * const { file } = await writeReport(['runs/mine'], { images: false });
 * console.log(file);
 */
export async function writeReport(folders: readonly string[], options: ReportOptions = {}): Promise<ReportWritten> {
  const { images = true, samples = 8 } = options;
  const file = reportFile(folders, options.out);
  // Loaded when needed: Vega takes a second that importing the SDK should not.
  const [{ readRuns }, { pageOf }, { writeBeside }] = await Promise.all([
    import('./data/run-figures.js'),
    import('./page.js'),
    import('./pages/beside-pages.js'),
  ]);
  const runs = await readRuns(folders, { count: samples, images });
  const { version = '0' } = readJson(join(packageRoot, 'package.json')) as { version?: string };
  const links = await writeBeside(runs, { report: file, images, onProgress: options.onProgress });
  const page = await pageOf(runs, { version, time: new Date(), links });
  writeWhole(file, page);
  const items = runs.flatMap(({ gallery, questions }) => [
    ...gallery.flatMap(({ accepted, rejected }) => [...accepted, ...rejected]),
    ...(questions?.questions ?? []),
  ]);
  return {
    file,
    runs: runs.map(({ run: { name, status } }) => ({ name, status })),
    images: items.filter(({ image }) => image !== null).length,
    bytes: Buffer.byteLength(page),
  };
}

/** Looked at before anything is read or written: the pages beside it come first. */
function reportFile(folders: readonly string[], out: string | undefined): string {
  const file = resolve(out ?? (folders.length === 1 ? join(folders[0] ?? '', 'report.html') : 'report.html'));
  const there = statSync(file, { throwIfNoEntry: false });
  if (out !== '' && (there === undefined || there.isFile())) return file;
  const isFolder = out === '' || there?.isDirectory() === true;
  throw new ConfigError('path-kind', `the report is a file, and ${out === '' ? 'an empty name' : file} is none`, {
    where: file,
    remedy: isFolder
      ? `Name a file in a folder, such as ${shellWord(join(file, 'report.html'))}.`
      : 'Name an ordinary file: pages with all samples are written beside it.',
  });
}
