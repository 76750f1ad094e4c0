/**
 * `npm test`: every check a change must pass, all of them even when one fails; the Python tests run beside the others, and
 * what they print follows in one piece. Run by bootstrap.
 */
import { spawn, spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = (name) => path.join(root, 'node_modules', '.bin', name);
const only = process.argv.slice(2);
const names = ['lint', 'format', 'types', 'page-types', 'ruff', 'mypy', 'vitest', 'pytest'];
const unknown = only.find((name) => !names.includes(name));
if (unknown !== undefined) {
  const [stream, code] = ['--help', '-h'].includes(unknown) ? [process.stdout, 0] : [process.stderr, 2];
  stream.write(
    `${code === 0 ? '' : `no check ${unknown}; `}usage: npm test [-- ${names.join(' ')}], all where none is named\n`,
  );
  process.exit(code);
}
const wanted = (name) => only.length === 0 || only.includes(name);

process.stdout.write('== Python environment\n');
const setup = spawnSync(process.execPath, [path.join(root, 'src', 'bootstrap.mjs'), 'medgr2', 'setup', '--dev'], {
  cwd: root,
  stdio: ['ignore', 'pipe', 'inherit'],
  encoding: 'utf8',
});
const python = /^Python: (.+)$/m.exec(setup.stdout ?? '')?.[1];
if (setup.status !== 0 || python === undefined) {
  process.stderr.write('the Python environment could not be made\n');
  process.exit(1);
}

/** @type {[name: string, command: string, values: string[]][]} */
const all = [
  ['lint', bin('oxlint'), ['--type-aware']],
  ['format', bin('oxfmt'), ['--check']],
  ['types', bin('tsc'), ['--noEmit']],
  ['page-types', bin('tsc'), ['--noEmit', '-p', 'src/review/page']],
  [
    'ruff',
    python,
    ['-m', 'ruff', 'check', '--config', 'py/pyproject.toml', 'py', 'test/py', 'test/bench', 'notebooks'],
  ],
  ['mypy', python, ['-m', 'mypy', '--config-file', 'py/pyproject.toml', 'py/medgr2']],
  ['vitest', bin('vitest'), ['run', '--config', 'test/vitest.config.ts']],
];
const checks = all.filter(([name]) => wanted(name));
const pytest = ['-m', 'pytest', '-q', '-c', 'py/pyproject.toml', '--rootdir', '.', 'test/py'];

const failed = [];
function report(name, code, started) {
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(`== ${name}: ${code === 0 ? 'passed' : 'FAILED'} (${seconds} s)\n`);
  if (code !== 0) failed.push(name);
}

/** @returns {Promise<{ code: number | null, output: string }>} Output is what was not shown at once. */
function run(command, values, stdio) {
  return new Promise((resolve) => {
    const child = spawn(command, values, { cwd: root, stdio, env: { ...process.env, MEDGR2_PYTHON: python } });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk) => (output += chunk));
    }
    child.once('error', (error) => resolve({ code: 1, output: `${output}${error}\n` }));
    child.once('close', (code) => resolve({ code, output }));
  });
}

async function beside() {
  const started = performance.now();
  const { code, output } = await run(python, pytest, ['ignore', 'pipe', 'pipe']);
  return () => {
    process.stdout.write(`\n== pytest\n`);
    process.stdout.write(output);
    report('pytest', code, started);
  };
}

const pythonTests = wanted('pytest') ? beside() : null;
for (const [name, command, values] of checks) {
  const started = performance.now();
  process.stdout.write(`\n== ${name}\n`);
  const { code } = await run(command, values, 'inherit');
  report(name, code, started);
}
if (pythonTests !== null) (await pythonTests)();
const count = checks.length + (pythonTests === null ? 0 : 1);
process.stdout.write(failed.length === 0 ? '\nAll checks passed.\n' : `\nFAILED: ${failed.join(', ')}\n`);
process.stdout.write(`checks: ${count - failed.length} passed, ${failed.length} failed\n`);
process.exit(failed.length === 0 ? 0 : 1);
