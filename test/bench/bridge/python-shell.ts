/** The same echo through python-shell, fetched into a temporary folder when the bench runs: it is no dependency. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { echoTimes, throughput, type LineSizes } from './line.js';
import { median, typical, type Line } from './stats.js';

const version = '5.0.0';

/** The part of python-shell that is used: one JSON text per line, each way. */
interface Shell {
  on(event: 'message', listener: (message: unknown) => void): void;
  once(event: 'message', listener: (message: unknown) => void): void;
  send(message: unknown): void;
  end(done: (error: unknown) => void): void;
}
interface PythonShellModule {
  PythonShell: new (script: string, options: object) => Shell;
}

export async function benchPythonShell(python: string, { calls, megabytes }: LineSizes): Promise<Line[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'medgr2-bench-'));
  try {
    await writeFile(path.join(folder, 'package.json'), '{ "private": true }');
    await promisify(execFile)('npm', ['install', '--no-audit', '--no-fund', `python-shell@${version}`], {
      cwd: folder,
    });
    const require = createRequire(path.join(folder, 'package.json'));
    const { PythonShell } = require('python-shell') as PythonShellModule;
    const script = path.join(folder, 'echo.py');
    await writeFile(
      script,
      'import json, sys\nfor line in sys.stdin:\n    print(json.dumps(json.loads(line)), flush=True)\n',
    );
    const shell = new PythonShell(script, { mode: 'json', pythonPath: python });
    const echo = (text: string): Promise<unknown> =>
      new Promise((resolve) => {
        shell.once('message', resolve);
        shell.send(text);
      });
    const trips = await echoTimes(echo, 'x', calls);
    const speed = await throughput(echo, megabytes);
    await new Promise<void>((resolve) => shell.end(() => resolve()));
    const name = `python-shell ${version}`;
    return [
      { what: `${name}: round trip`, value: typical(trips, 3, 'ms'), note: 'the same echo, JSON mode' },
      {
        what: `${name}: text of ${megabytes} MB`,
        value: `${median(speed).toFixed(0)} MB/s`,
        note: 'both ways counted',
      },
    ];
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    return [{ what: 'python-shell', value: 'not measured', note: why }];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
