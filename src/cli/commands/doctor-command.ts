/** `medgr2 doctor`: prints what was looked at, and ends with exit code 1 where something needed is missing. */
import { medgr2 } from '../../called-as.js';
import { loadConfig } from '../../config/load.js';
import { EnvironmentError } from '../../errors.js';
import type { Check, CheckStatus } from '../../loop/doctor/check.js';
import { diagnose } from '../../loop/doctor/diagnose.js';
import type { CommandIo } from '../command-io.js';

export interface DoctorCommand {
  config?: string | undefined;
  set: readonly string[];
  online: boolean;
  json: boolean;
}

export async function doctorCommand({ config: file, set, online, json }: DoctorCommand, io: CommandIo): Promise<void> {
  const config = file === undefined ? undefined : await loadConfig(file, { set, env: io.env });
  const diagnosis = await diagnose({ config, online, env: io.env, signal: io.signal });
  io.out(json ? JSON.stringify(diagnosis) : textOf(diagnosis.checks));
  const bad = diagnosis.checks.filter(({ status }) => status === 'failed');
  if (bad.length === 0) return;
  throw new EnvironmentError('not-ready', `something needed is missing: ${bad.map(({ name }) => name).join(', ')}`, {
    remedy: `Do what stands beside each failed line, then run \`${medgr2} doctor\` again.`,
  });
}

const marks: Readonly<Record<CheckStatus, string>> = {
  ok: 'ok     ',
  note: 'note   ',
  warning: 'warning',
  failed: 'FAILED ',
};

function textOf(checks: readonly Check[]): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const indent = ' '.repeat(marks.ok.length + width + 4);
  return checks
    .flatMap(({ name, status, detail, remedy }) => [
      `${marks[status]}  ${name.padEnd(width)}  ${detail}`,
      ...(remedy === null ? [] : [`${indent}→ ${remedy}`]),
    ])
    .join('\n');
}
