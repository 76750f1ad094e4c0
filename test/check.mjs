/** `npm test`: every check a change must pass, one after the other, all of them even when one fails. Run by bootstrap. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = (name) => path.join(root, 'node_modules', '.bin', name);
const only = process.argv.slice(2);

function run(command, values, options = {}) {
  return spawnSync(command, values, { cwd: root, stdio: 'inherit', ...options });
}

process.stdout.write('== Python environment\n');
const setup = run(process.execPath, [path.join(root, 'src', 'bootstrap.mjs'), 'medgr2', 'setup', '--dev'], {
  stdio: ['ignore', 'pipe', 'inherit'],
  encoding: 'utf8',
});
const python = /^Python: (.+)$/m.exec(setup.stdout ?? '')?.[1];
if (setup.status !== 0 || python === undefined) {
  process.stderr.write('the Python environment could not be made\n');
  process.exit(1);
}

const checks = [
  ['lint', bin('oxlint'), ['--type-aware']],
  ['format', bin('oxfmt'), ['--check']],
  ['types', bin('tsc'), ['--noEmit']],
  [
    'ruff',
    python,
    ['-m', 'ruff', 'check', '--config', 'py/pyproject.toml', 'py', 'test/py', 'test/bench', 'notebooks'],
  ],
  ['mypy', python, ['-m', 'mypy', '--config-file', 'py/pyproject.toml', 'py/medgr2']],
  ['pytest', python, ['-m', 'pytest', '-q', '-c', 'py/pyproject.toml', '--rootdir', '.', 'test/py']],
  ['vitest', bin('vitest'), ['run', '--config', 'test/vitest.config.ts']],
];

const failed = [];
for (const [name, command, values] of checks) {
  if (only.length > 0 && !only.includes(name)) continue;
  const started = performance.now();
  process.stdout.write(`\n== ${name}\n`);
  const { status } = run(command, values, { env: { ...process.env, MEDGR2_PYTHON: python } });
  process.stdout.write(
    `== ${name}: ${status === 0 ? 'passed' : 'FAILED'} (${((performance.now() - started) / 1000).toFixed(1)} s)\n`,
  );
  if (status !== 0) failed.push(name);
}
const count = checks.filter(([name]) => only.length === 0 || only.includes(name)).length;
process.stdout.write(failed.length === 0 ? '\nAll checks passed.\n' : `\nFAILED: ${failed.join(', ')}\n`);
process.stdout.write(`checks: ${count - failed.length} passed, ${failed.length} failed\n`);
process.exit(failed.length === 0 ? 0 : 1);
