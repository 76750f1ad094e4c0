/**
 * `npm run image:replay -- FOLDER [--arg TORCH=cpu] [--env NAME] [--bind DIR]`, as root: the Dockerfile's steps in a clean Debian root (debootstrap, chroot), for machines
 * without Docker; ends with the image's health check and a smoke run. Needs root, and takes what a build takes.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { refuse, scriptLine } from '../../src/script-line.js';
import { assignments, copyOf, parseDockerfile, wordsOf, type Stage } from './dockerfile.js';

const project = path.resolve(import.meta.dirname, '../..');
const { values: given, positionals } = scriptLine(
  import.meta.filename,
  {
    arg: { type: 'string', multiple: true, default: [] },
    /** Variables of this shell and folders of this machine that a build needs here: a mirror, certificates. */
    env: { type: 'string', multiple: true, default: [] },
    bind: { type: 'string', multiple: true, default: [] },
  },
  1,
);
const [folder] = positionals;
if (folder === undefined || process.getuid?.() !== 0) refuse(import.meta.filename, 'a folder is needed, and root');
const work = path.resolve(folder);
const args = assignments(given.arg.join(' '));
const passed = Object.fromEntries(given.env.map((name) => [name, process.env[name] ?? '']));
const times: [string, number][] = [];

function timed<T>(label: string, action: () => T): T {
  process.stdout.write(`== ${label}\n`);
  const started = performance.now();
  try {
    return action();
  } finally {
    times.push([label, (performance.now() - started) / 1000]);
  }
}

/** What node:NODE-bookworm-slim is, made of Debian's packages and this checkout's Node and npm. */
function makeBase(root: string): void {
  if (!existsSync(path.join(root, 'etc/debian_version')))
    execFileSync('debootstrap', ['--variant=minbase', '--include=ca-certificates', 'bookworm', root], {
      stdio: 'inherit',
    });
  // …/npm/bin/npm-cli.js, as `npm run` says it.
  const npm = path.resolve(process.env['npm_execpath'] ?? '/usr/lib/node_modules/npm/bin/npm-cli.js', '../..');
  cpSync(npm, path.join(root, 'usr/local/lib/node_modules/npm'), { recursive: true });
  cpSync(process.execPath, path.join(root, 'usr/local/bin/node'));
  const link = 'ln -sf ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm; useradd --create-home node || true';
  execFileSync('chroot', [root, 'sh', '-c', link]);
}

interface Place {
  root: string;
  folder: string;
  user: string;
  env: Record<string, string>;
  health: string[];
  entry: string[];
}

/** As process 1 of its own, as in a container. */
function inPlace({ root, user, folder: at, env }: Place, command: readonly string[]): void {
  const home = user === 'root' ? '/root' : `/home/${user}`;
  const programs = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  const variables = Object.entries({ PATH: programs, HOME: home, ...passed, ...env }).map(
    ([name, value]) => `${name}=${value}`,
  );
  const run = ['sh', '-c', 'cd "$0" && exec "$@"', at, ...command];
  const { status } = spawnSync(
    'unshare',
    ['--pid', '--fork', 'chroot', `--userspec=${user}:${user}`, root, 'env', '-i', ...variables, ...run],
    {
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  );
  if (status !== 0) throw new Error(`exit code ${status}: ${command.join(' ')}`);
}

function build(stage: Stage, base: string, roots: Map<string, string>, context: string): Place {
  const root = path.join(work, stage.name ?? 'image');
  rmSync(root, { recursive: true, force: true });
  execFileSync('cp', ['-a', '--reflink=auto', base, root]);
  const place: Place = { root, folder: '/', user: 'root', env: {}, health: [], entry: [] };
  const within = (target: string): string => path.join(root, path.resolve(place.folder, target));
  mounted(root, () => {
    for (const { name, text, line } of stage.steps) {
      if (name === 'ARG')
        Object.assign(place.env, { ...assignments(text), ...pick(args, Object.keys(assignments(text))) });
      else if (name === 'ENV') Object.assign(place.env, assignments(text));
      else if (name === 'USER') place.user = text;
      else if (name === 'WORKDIR') {
        place.folder = text;
        mkdirSync(within('.'), { recursive: true });
      } else if (name === 'RUN') timed(`${line}: RUN ${text.slice(0, 70)}`, () => inPlace(place, ['sh', '-c', text]));
      else if (name === 'COPY') {
        const { from, owner, sources, target } = copyOf(text);
        for (const source of sources) {
          const file = from === null ? path.join(context, source) : path.join(roots.get(from) ?? '', source);
          const into = within(target) + (target.endsWith('/') ? `/${path.basename(source)}` : '');
          cpSync(file, into, { recursive: true, verbatimSymlinks: true });
          // As Docker does it: what was copied is the owner's, a folder that was there stays whose it was.
          if (owner !== null)
            execFileSync('chroot', [root, 'chown', '-R', `${owner}:${owner}`, path.relative(root, into)]);
        }
      } else if (name === 'HEALTHCHECK') place.health = wordsOf(text);
      else if (name === 'ENTRYPOINT') place.entry = wordsOf(text);
      else if (!['CMD', 'VOLUME'].includes(name)) throw new Error(`line ${line}: ${name} is not replayed`);
    }
  });
  roots.set(stage.name ?? 'image', root);
  return place;
}

const pick = (values: Record<string, string>, names: string[]): Record<string, string> =>
  Object.fromEntries(names.flatMap((name) => (values[name] === undefined ? [] : [[name, values[name]]])));

/** proc, devices, names and what was asked for are there while the action runs, and gone afterwards. */
function mounted<T>(root: string, action: () => T): T {
  const mounts = ['/proc', '/dev', '/dev/shm', '/sys', ...given.bind];
  const done: string[] = [];
  cpSync('/etc/resolv.conf', path.join(root, 'etc/resolv.conf'));
  try {
    for (const from of mounts) {
      const target = path.join(root, from);
      mkdirSync(target, { recursive: true });
      execFileSync('mount', ['--bind', from, target]);
      done.push(target);
    }
    return action();
  } finally {
    for (const target of done.toReversed()) spawnSync('umount', ['--lazy', target]);
  }
}

mkdirSync(work, { recursive: true });
const base = path.join(work, 'base');
const context = path.join(work, 'context');
timed('clean Debian with Node', () => makeBase(base));
rmSync(context, { recursive: true, force: true });
mkdirSync(context);
execFileSync(
  'sh',
  ['-c', 'git ls-files -z --cached --others --exclude-standard | tar --null -T - -c | tar -x -C "$0"', context],
  { cwd: project },
);
const roots = new Map<string, string>();
let image: Place | null = null;
let end = 'done';
try {
  for (const stage of parseDockerfile(readFileSync(path.join(context, 'Dockerfile'), 'utf8'), args))
    image = build(stage, base, roots, context);
  const last = image;
  if (last === null) throw new Error('the Dockerfile has no stage');
  mounted(last.root, () => {
    timed(`health check: ${last.health.join(' ')}`, () => inPlace(last, last.health));
    const smoke = [...last.entry, 'run', '/opt/medgr2/configs/smoke.yaml', '--run-dir', 'runs/smoke', '--plain'];
    timed(smoke.slice(2).join(' '), () => inPlace(last, smoke));
  });
} catch (error) {
  end = `FAILED: ${error instanceof Error ? error.message : String(error)}`;
  process.exitCode = 1;
}
const table = times.map(([label, seconds]) => `${seconds.toFixed(1).padStart(8)} s  ${label}`).join('\n');
const total = times.reduce((sum, [, seconds]) => sum + seconds, 0);
writeFileSync(path.join(work, 'times.txt'), `${table}\n${total.toFixed(1).padStart(8)} s  ${end}\n`);
process.stdout.write(`\n${table}\n${total.toFixed(1).padStart(8)} s  ${end}\n`);
