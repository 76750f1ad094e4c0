/** Tells whether the process that once wrote its identity down still lives, also where process ids are used again. */
import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { z } from 'zod';

export const processIdentitySchema = z.object({
  pid: z.int().positive(),
  host: z.string(),
  /** Start time of the process in whatever unit the system reports it; empty where it reports none. */
  started: z.string(),
  /**
   * Boot of the machine and its namespace of process ids, within which alone an id means something: two containers may
   * share a host name. Empty where the system has no such thing, or the identity was written by an earlier version.
   */
  world: z.string().default(''),
});
export type ProcessIdentity = z.output<typeof processIdentitySchema>;

/** Containers restart with the same process ids, so an id alone would take the new process for the dead one. */
export function identityOf(pid: number): ProcessIdentity {
  return { pid, host: hostname(), started: startTime(pid) ?? '', world: ownWorld() };
}

/** Whether this process can look the other one up by its id. */
export function canLookUp({ host, world }: ProcessIdentity): boolean {
  const own = ownWorld();
  // Without namespaces, and in what earlier versions wrote, a host is one world.
  return own === '' || world === '' ? world === '' && host === hostname() : world === own;
}

function ownWorld(): string {
  try {
    return `${bootId()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return '';
  }
}

const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

/** Only meaningful for a process that can be looked up. */
export function isAlive(identity: ProcessIdentity): boolean {
  const found = look(identity.pid);
  if (found !== 'ours') return found === 'others';
  const started = startTime(identity.pid);
  if (started === null) return false;
  return identity.started === '' || started === '' || started === identity.started;
}

/** Whether some process of this machine has the id now: where only an id was written down. */
export const isRunning = (pid: number): boolean => look(pid) !== 'none';

function look(pid: number): 'ours' | 'others' | 'none' {
  try {
    process.kill(pid, 0);
    return 'ours';
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM' ? 'others' : 'none';
  }
}

/** Null for a process that is gone or a zombie, '' where the system does not tell. */
function startTime(pid: number): string | null {
  return process.platform === 'linux' ? linuxStartTime(pid) : psStartTime(pid);
}

function linuxStartTime(pid: number): string | null {
  try {
    // The command name, second field, may itself hold spaces and parentheses.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return null;
    // Ticks count from boot, so the boot belongs to it.
    return `${bootId()} ${fields[19] ?? ''}`;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'ENOENT' || (thrown as NodeJS.ErrnoException).code === 'ESRCH'
      ? null
      : '';
  }
}

function psStartTime(pid: number): string | null {
  try {
    const started = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
    });
    return started.trim();
  } catch {
    return '';
  }
}
