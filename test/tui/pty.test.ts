/**
 * A real run in a real terminal, driven by keys: Python's pty plays the terminal. Asked for by name (MEDGR2_TEST_TERMINAL=1),
 * because it has not passed yet on a machine with nothing else to do.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseEvents } from '../helpers/events.js';

const root = resolve(import.meta.dirname, '..', '..');
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'medgr2-pty-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const isWanted =
  process.env['MEDGR2_TEST_TERMINAL'] === '1' &&
  spawnSync('python3', ['-c', 'import pty, fcntl, termios']).status === 0;

/** Runs medgr2 under pty.py: each step waits for a text on the terminal, then types keys. */
async function inTerminal(values: string[], steps: { await: string; type?: string; resize?: [number, number] }[]) {
  const command = [process.execPath, '--import', 'tsx', join(root, 'src/cli/main.ts'), ...values];
  const { CI: _, NO_COLOR: __, ...env } = process.env;
  const child = spawn(
    'python3',
    [join(import.meta.dirname, 'fixtures/terminal.py'), JSON.stringify({ command, steps })],
    {
      cwd: root,
      env: { ...env, TERM: 'xterm-256color' },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const code = await new Promise((end) => child.on('close', end));
  return { text, code };
}

test.skipIf(!isWanted)(
  'keys reach the run: help, panels, a resize, stop after the stage; the terminal is left as it was',
  { timeout: 300_000 },
  async () => {
    const runDir = join(folder, 'run');
    const { text, code } = await inTerminal(
      ['run', 'configs/smoke.yaml', '--run-dir', runDir],
      [
        { await: '? help', type: '?' },
        { await: 'stop after this stage; s again', type: '?', resize: [30, 100] },
        { await: 'p pause', type: 's' },
        { await: 'stops after this stage' },
      ],
    );
    expect(code).toBe(130);
    // Into the alternate screen, and out of it; the cursor is back.
    expect(text.split('\u001b[?1049h')).toHaveLength(2);
    expect(text.lastIndexOf('\u001b[?1049l')).toBeGreaterThan(text.lastIndexOf('\u001b[?1049h'));
    expect(text.lastIndexOf('\u001b[?25h')).toBeGreaterThan(text.lastIndexOf('\u001b[?25l'));
    expect(text.slice(text.lastIndexOf('\u001b[?1049l'))).toContain('Give the same command again to continue it.');
    const events = parseEvents(readFileSync(join(runDir, 'events.jsonl'), 'utf8'));
    expect(events.at(-1)).toMatchObject({ type: 'run-end', status: 'interrupted' });
    expect(events.filter((event) => event.type === 'stage-start')).toHaveLength(
      events.filter((event) => event.type === 'stage-end').length,
    );
  },
);
