/** `medgr2 status`: one look at a run. */
import { formatSeconds, formatTable, percent } from '../../format.js';
import { holderOfRun } from '../../loop/folder/open-run-folder.js';
import { stageKey, type LedgerEntry } from '../../loop/folder/ledger.js';
import type { StageName } from '../../loop/run-events.js';
import { reviewOrNull, type ReviewSummary } from '../../loop/review/review-summary.js';
import { reviewLines } from '../../loop/review/review-text.js';
import { isComparison } from '../../loop/result/run-end.js';
import { wordsOf } from '../../loop/stage-names.js';
import { gridTable } from '../../tui/grid/grid-table.js';
import { cellOf, type Cell, seedsOf } from '../../tui/state/arms.js';
import { timeLeft } from '../../tui/state/time-left.js';
import type { ScreenState } from '../../tui/state/screen-state.js';
import type { CommandIo } from '../command-io.js';
import { expectRuns, expectWatched, readGrid, readState, type KnownState } from '../run-state.js';

/** What `--json` prints. */
export interface RunStatus {
  runDir: string;
  /** `gone`: its events say that it goes on, but no process does; it can be continued. */
  status: ScreenState['status'];
  process: { pid: number; host: string } | null;
  cycle: number | null;
  cycles: number;
  stage: StageName | null;
  progress: { done: number; total: number } | null;
  /** Seconds worked, in all attempts. */
  seconds: number;
  /** Null where there is no basis for an estimate. */
  secondsLeft: number | null;
  /** Accuracy on the test questions, of the base and after each cycle. */
  accuracy: {
    base: number | null;
    /** `rolledBack`: nothing of that cycle goes on. */
    cycles: { cycle: number; sft: number | null; grpo: number | null; rolledBack?: true }[];
  };
  /** Of a recipe: its models in order, `accuracy` null of those that are not measured yet; empty for the loop. */
  arms: { name: string; status: Cell['status']; accuracy: number | null }[];
  error: string | null;
  /** By the ledger: stages that are done, and the newest of them. */
  finished: { stages: number; last: string | null };
  /** What experts' verdicts say of D_gen; null where nobody judged anything. */
  review: ReviewSummary | null;
  /** What could not be read of its files, as sentences. */
  gaps: string[];
}

/** Of each seed, where the folder is one of several; of a recipe the grid of its arms, too. */
export async function statusCommand(folder: string, json: boolean, io: CommandIo): Promise<void> {
  for (const [index, runDir] of expectRuns(folder).entries()) {
    const status = await statusOf(runDir, Date.now());
    io.out(json ? JSON.stringify(status) : `${index === 0 ? '' : '\n'}${plain(status)}`);
  }
  const state = json ? null : await readGrid(expectWatched(folder));
  if (state === null || state.grid === null) return;
  const { head, rows } = gridTable(state.grid, seedsOf(state));
  io.out(`\n${formatTable([head, ...rows.map(({ cells }) => cells)])}`);
}

async function statusOf(runDir: string, now: number): Promise<RunStatus> {
  const holder = holderOfRun(runDir);
  const known = await readState(runDir);
  const { state } = known;
  const told = state.status === 'complete' || state.status === 'interrupted' || state.status === 'failed';
  // While a process works, its events are newer than any result; else the result is what lasts.
  const end = holder !== null && !told ? null : known.end;
  const over = end !== null;
  const works = !over && holder !== null;
  // Of a process that was killed, the newest event is the last that is known.
  const until = works ? now : (state.lastEventAt ?? now);
  const result = works || known.result === null || isComparison(known.result) ? null : known.result;
  const cyclesDone = result?.cycles ?? [];
  const current = told ? 0 : ((state.pausedAt ?? until) - (state.startedAt ?? until)) / 1000 - state.pausedSeconds;
  const worked = state.earlierSeconds + current;
  const inStages = known.ledger.reduce((sum, { seconds }) => sum + seconds, 0);
  const left = works ? timeLeft(state, now).run : null;
  return {
    runDir,
    status: end?.status ?? (works ? state.status : 'gone'),
    process: holder === null ? null : { pid: holder.pid, host: holder.host },
    cycle: (over ? null : state.current?.cycle) ?? null,
    cycles: Math.max(state.cycles, cyclesDone.length),
    stage: (over ? null : state.current?.stage) ?? null,
    progress: over ? null : state.progress,
    // Of events that are lost, the time of the stages that were finished is left.
    seconds: Math.round(known.gaps.length === 0 ? worked : Math.max(worked, inStages)),
    secondsLeft: left === null ? null : Math.round(left),
    accuracy: {
      base: result?.baseAccuracy ?? state.rows.find(({ cycle }) => cycle === 0)?.base ?? null,
      cycles: [
        ...cyclesDone.map(({ cycle, accuracy, rolledBack }) => ({
          cycle,
          ...accuracy,
          ...(rolledBack ? { rolledBack: true as const } : {}),
        })),
        ...state.rows
          .filter(({ cycle, sft }) => cycle > cyclesDone.length && sft !== null)
          .map(({ cycle, sft, grpo }) => ({ cycle, sft, grpo })),
      ],
    },
    arms: armsOf(known),
    error: over ? end.error : works ? state.error : null,
    finished: { stages: known.ledger.length, last: lastOf(known.ledger) },
    review: reviewOrNull(runDir, (message) => known.gaps.push(message)),
    gaps: known.gaps,
  };
}

/** By its events; where they are lost by its result, which knows those that are done. */
function armsOf({ state, result }: KnownState): RunStatus['arms'] {
  const done = result === null || !isComparison(result) ? [] : result.arms;
  const measured = new Map(done.map(({ label, accuracy }) => [label, accuracy]));
  const { grid, seed } = state;
  if (grid === null || seed === null)
    return done.map(({ label, accuracy }) => ({ name: label, status: 'done', accuracy }));
  return grid.arms.map(({ name, label }) => {
    const { status, accuracy } = cellOf(grid, seed, name);
    return { name: label, status, accuracy: accuracy ?? measured.get(label) ?? null };
  });
}

function lastOf(ledger: readonly LedgerEntry[]): string | null {
  const newest = ledger.toSorted((a, b) => (a.time < b.time ? -1 : 1)).at(-1);
  return newest === undefined ? null : stageKey(newest.cycle, newest.stage, newest.arm);
}

/** Also of a list of runs. */
export const statusWords: Record<RunStatus['status'], string> = {
  waiting: 'starting',
  running: 'running',
  paused: 'paused',
  complete: 'complete',
  interrupted: 'stopped, can be continued',
  failed: 'failed, can be continued',
  gone: 'its process is gone; can be continued',
};

/** A recipe's stages are of no cycle of the run's. */
function placeText({ cycle, cycles, arms }: RunStatus): string {
  const at = arms.find(({ status }) => status === 'running');
  if (arms.length > 0) return at === undefined ? 'for all models, ' : `${at.name}, `;
  return `${cycle === 0 ? 'start' : `cycle ${cycle} of ${cycles}`}, `;
}

function plain(status: RunStatus): string {
  const { stage, progress, seconds, secondsLeft, accuracy, arms, error, finished, review, gaps } = status;
  const by = status.process === null ? '' : ` (process ${status.process.pid} on ${status.process.host})`;
  const done = progress === null ? '' : `, ${progress.done} of ${progress.total}`;
  const lines: [string, string | null][] = [
    ['run', status.runDir],
    ['status', `${statusWords[status.status]}${by}`],
    ['stage', stage === null ? null : `${placeText(status)}${wordsOf(stage).name}${done}`],
    ['worked', formatSeconds(seconds)],
    ['left', stage === null ? null : secondsLeft === null ? '? (no basis yet)' : `≈ ${formatSeconds(secondsLeft)}`],
    ['base', accuracy.base === null ? null : `accuracy ${percent(accuracy.base)}`],
    ...accuracy.cycles.map(({ cycle: number, sft, grpo, rolledBack }): [string, string] => [
      `cycle ${number}`,
      `accuracy after SFT ${percent(sft)}, after GRPO ${percent(grpo)}${rolledBack === true ? '; rolled back' : ''}`,
    ]),
    [
      'models',
      arms.length === 0 ? null : `${arms.filter(({ accuracy: of }) => of !== null).length} of ${arms.length} measured`,
    ],
    [
      'finished',
      gaps.length === 0 || finished.last === null ? null : `${finished.stages} stages, ${finished.last} last`,
    ],
    ...(review === null ? [] : reviewLines(review).map((line): [string, string] => ['review', line])),
    ['error', error],
    ...gaps.map((gap): [string, string] => ['warning', gap]),
  ];
  return lines.flatMap(([name, value]) => (value === null ? [] : [`${name.padEnd(9)} ${value}`])).join('\n');
}
