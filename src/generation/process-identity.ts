/** Tells whether the process that once wrote its identity down still lives, also where process ids are used again. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { z } from 'zod';

export const processIdentitySchema = z.object({
  pid: z.int().positive(),
  host: z.string(),
  /** Start time of the process in whatever unit the system reports it; empty where it reports none. */
  started: z.string(),
});
export type ProcessIdentity = z.infer<typeof processIdentitySchema>;

/** Containers restart with the same process ids, so an id alone would take the new process for the dead one. */
export function identityOf(pid: number): ProcessIdentity {
  return { pid, host: hostname(), started: startTime(pid) ?? '' };
}

/** Only meaningful for a process of this host. */
export function isAlive(identity: ProcessIdentity): boolean {
  try {
    process.kill(identity.pid, 0);
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM';
  }
  const started = startTime(identity.pid);
  if (started === null) return false;
  return identity.started === '' || started === '' || started === identity.started;
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
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${fields[19] ?? ''}`;
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
