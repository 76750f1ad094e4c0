/** Real runs in a real terminal, driven by keys: Python's pty plays the terminal. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packageRoot } from '../../src/bridge/environment/package-paths.js';
import { environmentPython } from '../../src/bridge/environment/find-python.js';
import { parseEvents } from '../helpers/events.js';

const root = resolve(import.meta.dirname, '..', '..');
const python = process.env['MEDGR2_PYTHON'] ?? environmentPython(packageRoot);
const hasPty = spawnSync(python, ['-c', 'import pty, fcntl, termios']).status === 0;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'medgr2-pty-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Step {
  /** What the screen has to show first: a regular expression. */
  await: string;
  type?: string;
  /** Rows and columns. */
  resize?: [number, number];
}

/** Runs medgr2 under terminal.py: each step waits for a text on the terminal, then types keys. */
async function inTerminal(values: string[], steps: Step[], more: NodeJS.ProcessEnv = {}) {
  const command = [process.execPath, '--import', 'tsx/esm', join(root, 'src/cli/main.ts'), ...values];
  const { CI: _, NO_COLOR: __, ...env } = process.env;
  const child = spawn(python, [join(import.meta.dirname, 'fixtures/terminal.py'), JSON.stringify({ command, steps })], {
    cwd: root,
    env: { ...env, TERM: 'xterm-256color', ...more },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let told = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (told += chunk));
  const code = await new Promise((end) => child.on('close', end));
  return { ...(JSON.parse(told) as { text: string; screens: string[][] }), code };
}

/** The header in the first of so many rows, and in the last what a key asked for. */
const filled = (rows: number): string => `^ medgr2 run .*\\n(.*\\n){${rows - 2}} paused, its time stands still`;

function expectTerminalAsBefore(text: string): void {
  // Into the alternate screen once, and out of it; the cursor is back.
  expect(text.split('\u001b[?1049h')).toHaveLength(2);
  expect(text.lastIndexOf('\u001b[?1049l')).toBeGreaterThan(text.lastIndexOf('\u001b[?1049h'));
  expect(text.lastIndexOf('\u001b[?25h')).toBeGreaterThan(text.lastIndexOf('\u001b[?25l'));
}

const afterScreen = (text: string): string => text.slice(text.lastIndexOf('\u001b[?1049l'));

describe.skipIf(!hasPty)(`keys reach a run${hasPty ? '' : ` (skipped: ${python} has no pty)`}`, () => {
  test('p, ?, tab, i, a resize, p and s; then, in the same folder, q', { timeout: 600_000 }, async () => {
    const runDir = join(folder, 'run');
    const run = ['run', 'configs/smoke.yaml', '--run-dir', runDir];
    const eventsOf = () => parseEvents(readFileSync(join(runDir, 'events.jsonl'), 'utf8'));

    // A paused run stands still: what the keys show does not depend on how fast the machine is.
    const first = await inTerminal(run, [
      { await: '● running', type: 'p' },
      { await: 'Paused before: ', type: '?' },
      { await: 'stop after this stage; s again', type: '?' },
      { await: 'Paused before: ', type: '\t' },
      { await: 'nothing has been (generated|scored) yet', type: 'i' },
      { await: 'No sample has been written yet', type: 'i', resize: [40, 120] },
      { await: filled(40), resize: [20, 60] },
      { await: filled(20), type: 'p', resize: [40, 120] },
      // With no stage at work, s would end the run at once.
      { await: '● (data|test base|grade|reward model|set τ)', type: 's' },
      { await: 'stops after this stage' },
    ]);
    expect(first.code, first.text).toBe(130);
    expectTerminalAsBefore(first.text);
    // After a resize there is one frame, and nothing of the old one.
    for (const lines of first.screens.slice(6, 8))
      expect(
        lines.filter((line) => /^[╭╰]─/.test(line)),
        lines.join('\n'),
      ).toHaveLength(2);
    expect(afterScreen(first.text)).toContain('Give the same command again to continue it.');
    const before = eventsOf();
    expect(before.filter(({ type }) => type === 'pause')).toHaveLength(2);
    expect(before.at(-1)).toMatchObject({ type: 'run-end', status: 'interrupted' });
    const done = before.filter(({ type }) => type === 'stage-end').length;
    expect(done).toBeGreaterThan(0);
    // The stage at work was ended, not cut off.
    expect(before.filter(({ type }) => type === 'stage-start')).toHaveLength(done);

    const second = await inTerminal(
      run,
      [{ await: '● running', type: 'q' }, { await: 'stopping: what is at work ends safely' }],
      { NO_COLOR: '1' },
    );
    // eslint-disable-next-line no-control-regex
    const colored = /\u001b\[[\d;]*[349]\dm/;
    expect(first.text).toMatch(colored);
    expect(second.text).not.toMatch(colored);
    expect(second.code, second.text).toBe(130);
    expectTerminalAsBefore(second.text);
    const after = eventsOf().slice(before.length);
    expect(after[0]).toMatchObject({ type: 'run-start', resumed: true });
    expect(after.at(-1)).toMatchObject({ type: 'run-end', status: 'interrupted' });
  });
});
