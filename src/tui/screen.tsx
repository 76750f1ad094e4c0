/** The whole screen: lays out what the state holds, and turns keys into what a person wants. Decides nothing itself. */
import { Box, useInput, useWindowSize } from 'ink';
import { keysOf } from './keys/keys-of-input.js';
import { useEffect, useRef, useState, useSyncExternalStore, type ReactElement } from 'react';
import { ArmsGrid, gridHeight } from './grid/arms-grid.js';
import { GridHeadline } from './grid/grid-headline.js';
import { CyclesTable } from './parts/cycles-table.js';
import type { Feed } from './events/feed.js';
import { readGpus, type GpuUse } from './gpu-use.js';
import { Header } from './parts/header.js';
import { HeadlineRow } from './parts/headline-row.js';
import { Help } from './keys/help.js';
import { KeysLine, type Asked } from './keys/keys-line.js';
import { ImageView } from './images/image-view.js';
import { gridLayoutOf, layoutOf, overlayRows, secondWidth } from './parts/layout.js';
import { LoopRing } from './parts/loop-ring.js';
import { wantedRows } from './panels/wanted-rows.js';
import { PanelFrame } from './parts/panel.js';
import type { ScreenState } from './state/screen-state.js';
import { panelNames, panelOf, type PanelName } from './panels/panel-names.js';
import { ManyColors, Toned } from './parts/tones.js';

/** What the keys of a running `medgr2 run` do; `watch` has only `leave`. */
export interface ScreenActions {
  leave(): void;
  /** Set where this process works on the run. */
  run?: { request(request: 'pause' | 'stop-after-stage' | null): void; stop(): void };
}

export interface ScreenProps {
  feed: Feed;
  actions: ScreenActions;
  color: boolean;
  /** Whether to ask nvidia-smi of this machine. */
  gpu: boolean;
  /** Whether a process works on the run. */
  isAlive: () => boolean;
}

type Overlay = 'help' | 'image' | null;

export function Screen({ feed, actions, color, gpu, isAlive }: ScreenProps): ReactElement {
  const state = useSyncExternalStore(feed.subscribe, feed.state);
  const { columns, rows } = useWindowSize();
  const [chosen, setChosen] = useState<PanelName | null>(null);
  const [overlay, setOverlay] = useState<Overlay>(null);
  const [asked, setAsked] = useState<Asked>(null);
  const gpus = useGpus(gpu);
  const alive = useClock(isAlive);
  // Several keys of one burst see what the one before has asked for.
  const newest = useRef<Asked>(null);
  const ask = (what: Asked): void => {
    newest.current = what;
    setAsked(what);
  };
  const toggle = (what: 'pause' | 'stop-after-stage'): void => {
    if (actions.run === undefined || newest.current === 'stop') return;
    const next = newest.current === what ? null : what;
    actions.run.request(next);
    ask(next);
  };
  const quit = (): void => {
    if (actions.run === undefined) actions.leave();
    else {
      ask('stop');
      actions.run.stop();
    }
  };
  useInput((input, key) => {
    for (const pressed of keysOf(input, key)) {
      if (pressed === 'next' || pressed === 'before')
        setChosen((now) => nextPanel(now ?? panelFor(state), pressed === 'next' ? 1 : -1));
      else if (pressed === 'escape') [setChosen, setOverlay].forEach((set) => set(null));
      else if (pressed === '?') setOverlay((now) => (now === 'help' ? null : 'help'));
      else if (pressed === 'i') setOverlay((now) => (now === 'image' ? null : 'image'));
      else if (pressed === 'p') toggle('pause');
      else if (pressed === 's') toggle('stop-after-stage');
      else if (pressed === 'q') quit();
    }
  });
  return (
    <ScreenView
      {...{ state, columns, rows, chosen, overlay, asked, gpus, color }}
      now={feed.now()}
      owns={actions.run !== undefined}
      alive={alive}
    />
  );
}

export interface ScreenViewProps {
  state: ScreenState;
  /** Milliseconds since 1970. */
  now: number;
  columns: number;
  rows: number;
  chosen: PanelName | null;
  overlay: Overlay;
  asked: Asked;
  gpus: readonly GpuUse[];
  color: boolean;
  owns: boolean;
  /** Whether a process works on the run; else its time stands still. */
  alive: boolean;
}

/** Border and padding of a panel, in cells of its width. */
const frameCells = 4;

/** One picture of a state; the same for the same values. */
export function ScreenView(props: ScreenViewProps): ReactElement {
  const { columns, rows, chosen, overlay, asked, gpus, color, owns } = props;
  const { state, now } = standing(props);
  const cycleRows = state.rows.filter((row) => row.cycle <= state.cycles);
  const compares = state.grid !== null;
  const name = chosen ?? panelFor(state);
  const second = overlay === null && name !== 'evaluation' ? secondWidth(columns) : 0;
  const own = wantedRows(state, name, columns - second - frameCells);
  // Two that stand beside each other are as high as the one with more to say.
  const beside = second === 0 ? null : wantedRows(state, 'evaluation', second - frameCells);
  const wanted = own === null ? null : Math.max(own, beside ?? 0);
  const layout = compares ? gridLayoutOf(rows, gridHeight(state), wanted) : layoutOf(rows, cycleRows.length, wanted);
  const over = { width: columns, height: overlayRows(rows, compares) };
  const screen = (
    <Box flexDirection="column" width={columns} height={rows} overflow="hidden">
      <Header state={state} now={now} gpus={gpus} columns={columns} />
      {compares ? (
        <GridHeadline state={state} />
      ) : (
        <>
          <HeadlineRow state={state} columns={columns} />
          <LoopRing state={state} cycle={state.place?.cycle ?? 0} columns={columns} />
        </>
      )}
      {overlay === 'help' ? <Help owns={owns} {...over} /> : null}
      {overlay === 'image' ? (
        <ImageView sample={state.asked ?? state.generating?.newest ?? null} {...{ runDir: state.runDir, ...over }} />
      ) : null}
      {overlay === null ? (
        <Box>
          <PanelFrame
            {...{ state, name, now }}
            follows={chosen === null}
            width={columns - second}
            height={layout.panel}
          />
          {second === 0 ? null : (
            <PanelFrame {...{ state, now }} name="evaluation" follows={false} width={second} height={layout.panel} />
          )}
        </Box>
      ) : null}
      {overlay !== null || layout.table === 0 ? null : compares ? (
        <ArmsGrid state={state} columns={columns} height={layout.table} />
      ) : (
        <CyclesTable rows={cycleRows} columns={columns} height={layout.table} />
      )}
      {overlay === null ? <Log lines={state.log} height={layout.log} /> : null}
      <KeysLine
        asked={asked}
        owns={owns}
        error={state.error}
        alarms={state.alarms}
        status={state.status}
        columns={columns}
      />
    </Box>
  );
  return <ManyColors value={color}>{screen}</ManyColors>;
}

/** A run whose process was killed told no end: it stands where its last event was. */
function standing({ state, now, alive }: ScreenViewProps): { state: ScreenState; now: number } {
  const over = state.status !== 'running' && state.status !== 'paused';
  if (alive || over) return { state, now };
  return { state: { ...state, status: 'gone' }, now: state.lastEventAt ?? now };
}

function Log({ lines, height }: { lines: readonly string[]; height: number }): ReactElement {
  return (
    <Box flexDirection="column" height={height} paddingX={1} overflow="hidden" flexShrink={0}>
      {(height === 0 ? [] : lines.slice(-height)).map((line, index) => (
        <Toned key={index} tone="faint" wrap="truncate">
          {line}
        </Toned>
      ))}
    </Box>
  );
}

function panelFor(state: ScreenState): PanelName {
  const works = state.status === 'running' || state.status === 'paused' || state.status === 'gone';
  return works && state.place !== null ? panelOf(state.place.stage) : 'evaluation';
}

function nextPanel(name: PanelName, by: 1 | -1): PanelName {
  return panelNames[(panelNames.indexOf(name) + by + panelNames.length) % panelNames.length] ?? name;
}

/** Draws again every second, for the elapsed time. @returns Whether the run has a process, looked up every 5 seconds. */
function useClock(isAlive: () => boolean): boolean {
  const [seconds, tick] = useState(0);
  const [alive, setAlive] = useState(isAlive);
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  useEffect(() => {
    if (seconds % 5 === 0) setAlive(isAlive());
  }, [seconds, isAlive]);
  return alive;
}

function useGpus(wanted: boolean): readonly GpuUse[] {
  const [gpus, setGpus] = useState<readonly GpuUse[]>([]);
  useEffect(() => {
    if (!wanted) return undefined;
    let timer: NodeJS.Timeout | undefined;
    let mounted = true;
    const look = async (): Promise<void> => {
      const found = await readGpus();
      if (found === null || !mounted) return;
      setGpus(found);
      timer = setTimeout(() => void look(), 5000);
    };
    void look();
    return () => {
      mounted = false;
      clearTimeout(timer);
    };
  }, [wanted]);
  return gpus;
}
