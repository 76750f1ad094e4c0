/** `medgr2 run --detach`: the same command in a process that outlives the terminal; its lines go to run.log. */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { medgr2 } from '../called-as.js';
import { makePrivateFolder, privateFile } from '../disk.js';
import { RunError } from '../errors.js';
import { holderOfRun } from '../loop/folder/open-run-folder.js';
import { runFiles } from '../loop/folder/run-folder.js';
import type { CommandIo } from './command-io.js';

export interface Detached {
  config: string;
  /** Absolute. */
  runDir: string;
  set: readonly string[];
  seeds?: readonly number[] | undefined;
  redo?: boolean;
  withVerdicts?: boolean;
  allowVersionChange?: boolean;
}

/** Longest wait for the process to take the run folder. */
const startWithinMs = 60_000;

/** Returns when the run has begun. @throws RunError where it ended before that. */
export async function runDetached(detached: Detached, io: CommandIo): Promise<void> {
  const { config, runDir, set } = detached;
  const busy = holderOfRun(runDir);
  if (busy !== null)
    throw new RunError('run-busy', `process ${busy.pid} on ${busy.host} already works on the run`, {
      where: runDir,
      remedy: `Follow it with \`${medgr2} watch\`, stop it with \`stop\`, or give another folder with --run-dir.`,
    });
  makePrivateFolder(runDir);
  const logFile = join(runDir, runFiles.backgroundLog);
  const log = openSync(logFile, 'a', privateFile);
  const flags = [
    ...(detached.seeds === undefined ? [] : ['--seeds', detached.seeds.join(',')]),
    ...(detached.redo === true ? ['--redo'] : []),
    ...(detached.withVerdicts === true ? ['--with-verdicts'] : []),
    ...(detached.allowVersionChange === true ? ['--allow-version-change'] : []),
  ];
  const values = ['run', config, '--plain', '--run-dir', runDir, ...flags, ...set.flatMap((value) => ['--set', value])];
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1] ?? '', ...values], {
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...io.env },
  });
  closeSync(log);
  let ended: string | null = null;
  child.on('exit', (code, signal) => (ended = `ended with ${signal ?? code}`));
  child.on('error', (error) => (ended = error.message));
  const until = performance.now() + startWithinMs;
  while (holderOfRun(runDir)?.pid !== child.pid) {
    if (ended !== null || performance.now() > until)
      throw new RunError('detach-failed', `the run in the background ${ended ?? 'has not begun'}`, {
        where: logFile,
        remedy: `It printed: ${lastLines(logFile)}`,
      });
    await sleep(100);
  }
  child.unref();
  io.out(
    [
      `running in the background: process ${child.pid}`,
      `  watch it:  ${medgr2} watch ${runDir}`,
      `  stop it:   ${medgr2} stop ${runDir}`,
      `  its lines: ${logFile}`,
    ].join('\n'),
  );
}

const lastLines = (file: string): string => readFileSync(file, 'utf8').trim().split('\n').slice(-5).join('\n');
