/** `medgr2 status`: one look at a run. */
import { formatNumber, formatSeconds } from '../../format.js';
import { holderOfRun } from '../../loop/folder/open-run-folder.js';
import { timeLeft } from '../../tui/state/time-left.js';
import type { ScreenState } from '../../tui/state/screen-state.js';
import type { CommandIo } from '../command-io.js';
import { expectRun, readState } from '../run-state.js';

/** What `--json` prints. */
export interface RunStatus {
  runDir: string;
  /** `gone`: its events say that it goes on, but no process does; it can be continued. */
  status: ScreenState['status'];
  process: { pid: number; host: string } | null;
  cycle: number | null;
  cycles: number;
  stage: string | null;
  progress: { done: number; total: number } | null;
  /** Seconds worked, in all attempts. */
  seconds: number;
  /** Null where there is no basis for an estimate. */
  secondsLeft: number | null;
  /** Accuracy on the test questions, of the base and after each cycle. */
  accuracy: { base: number | null; cycles: { cycle: number; sft: number | null; grpo: number | null }[] };
  error: string | null;
}

export async function statusCommand(folder: string, json: boolean, io: CommandIo): Promise<void> {
  const status = await statusOf(expectRun(folder), Date.now());
  io.out(json ? JSON.stringify(status) : plain(status));
}

async function statusOf(runDir: string, now: number): Promise<RunStatus> {
  const holder = holderOfRun(runDir);
  const state = await readState(runDir);
  const over = state.status === 'complete' || state.status === 'interrupted' || state.status === 'failed';
  const works = !over && holder !== null;
  // Of a process that was killed, the newest event is the last that is known.
  const until = works ? now : (state.lastEventAt ?? now);
  const current = over ? 0 : (until - (state.startedAt ?? until)) / 1000;
  const left = works ? timeLeft(state, now).run : null;
  return {
    runDir,
    status: over || works ? state.status : 'gone',
    process: holder === null ? null : { pid: holder.pid, host: holder.host },
    cycle: state.current?.cycle ?? null,
    cycles: state.cycles,
    stage: state.current?.stage ?? null,
    progress: state.progress,
    seconds: Math.round(state.earlierSeconds + current),
    secondsLeft: left === null ? null : Math.round(left),
    accuracy: {
      base: state.rows.find(({ cycle }) => cycle === 0)?.grpo ?? null,
      cycles: state.rows
        .filter(({ cycle, sft }) => cycle > 0 && sft !== null)
        .map(({ cycle, sft, grpo }) => ({ cycle, sft, grpo })),
    },
    error: state.error,
  };
}

const statusWords: Record<RunStatus['status'], string> = {
  waiting: 'starting',
  running: 'running',
  paused: 'paused',
  complete: 'complete',
  interrupted: 'stopped, can be continued',
  failed: 'failed, can be continued',
  gone: 'its process is gone; can be continued',
};

function plain(status: RunStatus): string {
  const { cycle, cycles, stage, progress, seconds, secondsLeft, accuracy, error } = status;
  const by = status.process === null ? '' : ` (process ${status.process.pid} on ${status.process.host})`;
  const done = progress === null ? '' : `, ${progress.done} of ${progress.total}`;
  const lines: [string, string | null][] = [
    ['run', status.runDir],
    ['status', `${statusWords[status.status]}${by}`],
    ['stage', stage === null ? null : `${cycle === 0 ? 'start' : `cycle ${cycle} of ${cycles}`}, ${stage}${done}`],
    ['worked', formatSeconds(seconds)],
    ['left', stage === null ? null : secondsLeft === null ? '? (no basis yet)' : `≈ ${formatSeconds(secondsLeft)}`],
    ['base', accuracy.base === null ? null : `accuracy ${formatNumber(accuracy.base)}`],
    ...accuracy.cycles.map(({ cycle: number, sft, grpo }): [string, string] => [
      `cycle ${number}`,
      `accuracy after SFT ${formatNumber(sft)}, after GRPO ${formatNumber(grpo)}`,
    ]),
    ['error', error],
  ];
  return lines.flatMap(([name, value]) => (value === null ? [] : [`${name.padEnd(9)} ${value}`])).join('\n');
}
