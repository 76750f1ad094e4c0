/**
 * Runs medgr2 from a bare clone with nothing but Node 18 and npm: installs the packages of package-lock.json once, then
 * hands over to the Node 24 among them. Plain JavaScript without dependencies, because nothing is there yet when it runs.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const modules = path.join(root, 'node_modules');
const lockFile = path.join(root, 'package-lock.json');
const stampFile = path.join(modules, '.medgr2-lock');
const node = path.join(modules, 'node', 'bin', 'node');

/** The first argument, and what it runs under Node 24. */
const tasks = {
  medgr2: (values) => typescript('src/cli/main.ts', values),
  demo: (values) => typescript('src/cli/main.ts', ['demo', ...values]),
  test: (values) => [path.join(root, 'test', 'check.mjs'), ...values],
  /** Any TypeScript file of the checkout. */
  file: ([file, ...values]) => typescript(file, values),
};

/** tsx for ES modules alone, as `tsx/esm`: its hooks for CommonJS would make every start half a second longer. */
function typescript(file, values) {
  const loader = pathToFileURL(path.join(modules, 'tsx', 'dist', 'esm', 'index.mjs')).href;
  return ['--import', loader, path.join(root, file), ...values];
}

function fail(message, code = 1) {
  process.stderr.write(`${message}\n`);
  process.exit(code);
}

function installPackages() {
  const hash = createHash('sha256').update(readFileSync(lockFile)).digest('hex');
  if (isInstalled(hash)) return;
  process.stderr.write('installing npm packages, once …\n');
  const npm = process.env.npm_execpath;
  const [command, first] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []];
  // Not `npm ci`: it refuses a lock that lacks the binaries of platforms a registry does not carry. `install` keeps to the
  // lock for all that is in it, and leaves the lock as it is. stdout belongs to the command that follows.
  const values = [...first, 'install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'];
  const done = spawnSync(command, values, { cwd: root, stdio: ['ignore', 2, 2] });
  if (done.status !== 0)
    fail('npm install failed: mend what it says above (network, disk) and run the same command again.');
  mkdirSync(modules, { recursive: true });
  writeFileSync(stampFile, hash);
}

function isInstalled(hash) {
  if (!existsSync(node)) return false;
  if (existsSync(stampFile)) return readFileSync(stampFile, 'utf8') === hash;
  // Installed by hand (npm install): npm's own record is then as new as the lock.
  const record = path.join(modules, '.package-lock.json');
  return existsSync(record) && statSync(record).mtimeMs >= statSync(lockFile).mtimeMs;
}

const [name = '', ...values] = process.argv.slice(2);
if (!Object.hasOwn(tasks, name)) fail(`usage: node src/bootstrap.mjs ${Object.keys(tasks).join('|')} [arguments]`, 2);
installPackages();
if (!existsSync(node)) fail('Node 24 is missing in node_modules: run npm install with install scripts allowed.');

const child = spawn(node, tasks[name](values), {
  stdio: 'inherit',
  env: { ...process.env, PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH ?? ''}` },
});
// A terminal sends Ctrl-C to both: the child decides what it means. Other signals come to us alone and are passed on.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => child.kill('SIGTERM'));
process.on('SIGHUP', () => child.kill('SIGHUP'));
child.on('error', (error) => fail(`cannot start ${node}: ${error.message}`));
child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal ?? 'SIGKILL'] ?? 9)));
