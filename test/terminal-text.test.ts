/** What strangers wrote reaches the terminal as text alone: looked at as the bytes that the process prints. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import * as fc from 'fast-check';
import { render } from 'ink-testing-library';
import { createElement } from 'react';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { forTerminal } from '../src/terminal-text.js';
import { openFeed } from '../src/tui/events/feed.js';
import { ScreenView } from '../src/tui/screen.js';
import type { TimedEvent } from '../src/loop/run-events.js';
import { writePicture } from './helpers/pictures.js';
import { recordedRun } from './tui/fixtures/recorded-run.js';

/** Title, clipboard, colour, cursor, device control; C1's own CSI and OSC; text turned round; a line overwritten. */
const evil =
  '\u001b]0;owned\u0007\u001b]52;c;ZXZpbA==\u001b\\\u001b[2J\u001b[31mred\u001bP+q\u001b\\\u009b31m\u009d0;x\u009c\u202egnp.\u2066\u0008\u007f\rgone';
// oxlint-disable-next-line no-control-regex -- these are what it is about
const unsafe = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/u;

let folder = '';
let server: Server;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'medgr2-terminal-'));
  server = createServer((_request, response) => {
    response.writeHead(400, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error: { message: `refused ${evil}` } }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Both streams, as bytes. */
async function printed(...values: string[]): Promise<{ stdout: string; stderr: string }> {
  const options = { reject: false, encoding: 'buffer', stripFinalNewline: false } as const;
  const { stdout, stderr } = await execa(
    process.execPath,
    ['--import', 'tsx/esm', 'src/cli/main.ts', ...values],
    options,
  );
  return { stdout: Buffer.from(stdout).toString('utf8'), stderr: Buffer.from(stderr).toString('utf8') };
}

function recordEvil(): string {
  const runDir = join(folder, 'run');
  mkdirSync(runDir, { recursive: true });
  const events: TimedEvent[] = recordedRun().slice(0, 40);
  const time = events.at(-1)?.time ?? '';
  events.push({ type: 'warning', message: `a server said ${evil}`, time });
  events.push({ type: 'run-end', status: 'failed', seconds: 1, error: `it said ${evil}`, time });
  writeFileSync(join(runDir, 'events.jsonl'), events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  return runDir;
}

describe('a text for the terminal', () => {
  test('moves nothing, whatever it is, keeps what is harmless, and is the same text to a reader of JSON', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(forTerminal(text)).not.toMatch(unsafe);
        expect(JSON.parse(forTerminal(JSON.stringify({ text })))).toEqual({ text });
      }),
    );
    expect(forTerminal('τ 0.5\tR_φ\r\n肺 😀 ‏שלום')).toBe('τ 0.5\tR_φ\n肺 😀 ‏שלום');
    expect(forTerminal(evil)).toContain('\\u001b]52;c;ZXZpbA==');
  });
});

describe.each([
  ['watch --plain', (runDir: string) => ['watch', runDir, '--plain']],
  ['watch --json', (runDir: string) => ['watch', runDir, '--json']],
  ['status', (runDir: string) => ['status', runDir]],
  ['an unknown command', () => [evil]],
  ['a file that is not there', () => ['sft', `${evil}.parquet`]],
  ['a setting', () => ['plan', 'configs/smoke.yaml', '--set', `${evil}=1`]],
])('%s', (_name, values) => {
  test('prints no byte that moves the terminal', { timeout: 120_000 }, async () => {
    const { stdout, stderr } = await printed(...values(recordEvil()));
    expect(stdout + stderr).not.toMatch(unsafe);
    expect(stdout + stderr).toContain('\\u001b]52');
  });
});

test('a provider’s error is told without its sequences', { timeout: 120_000 }, async () => {
  const { port } = server.address() as AddressInfo;
  const images = join(folder, 'images');
  await writePicture(join(images, 'a.png'), 0);
  const settings = [
    'generation.provider=openai',
    'generation.openai.model=m',
    `generation.openai.baseUrl=http://127.0.0.1:${port}/v1`,
  ];
  const set = settings.flatMap((setting) => ['--set', setting]);
  const { stdout, stderr } = await printed('generate', images, '--run-dir', join(folder, 'generated'), ...set);
  expect(stderr).toContain('refused \\u001b]0;owned');
  expect(stdout + stderr).not.toMatch(unsafe);
});

test('the screen shows them as text', async () => {
  const events = recordedRun().slice(0, 40);
  const warning: TimedEvent = { type: 'warning', message: evil, time: events.at(-1)?.time ?? '' };
  let read = false;
  const feed = openFeed({
    read: async () => {
      const batch = read ? [] : [...events, warning];
      read = true;
      return { events: batch, more: false, ended: true };
    },
    now: () => 0,
    close: async () => {},
  });
  await feed.caughtUp;
  const props = { columns: 120, rows: 40, chosen: null, overlay: null, asked: null, gpus: [], color: false } as const;
  const screen = render(createElement(ScreenView, { ...props, state: feed.state(), now: 0, owns: false, alive: true }));
  // oxlint-disable-next-line no-control-regex -- the screen's own colours
  const frame = (screen.lastFrame() ?? '').replaceAll(/\u001b\[[0-9;]*m/g, '');
  expect(frame).toContain('\\u001b]0;owned');
  expect(frame).not.toMatch(unsafe);
  await feed.close();
});
