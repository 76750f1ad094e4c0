/**
 * configs/cloud: each file is what its tool takes, asks medgr2 for settings that there are, and goes on after 130 alone.
 * Tools that are not here are skipped by name; MEDGR2_CLOUD_TOOLS names the bin folder of an environment that has them.
 */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { parseConfig } from '../../src/config/load.js';

const run = promisify(execFile);
const folder = path.resolve(import.meta.dirname, '../../configs/cloud');
const file = (name: string): string => path.join(folder, name);
const text = (name: string): string => readFileSync(file(name), 'utf8');

/** The program, or null where it is not here. */
function tool(name: string): string | null {
  const folders = [process.env['MEDGR2_CLOUD_TOOLS'] ?? '', ...(process.env['PATH'] ?? '').split(path.delimiter)];
  return folders.map((at) => path.join(at, name)).find((at) => path.isAbsolute(at) && existsSync(at)) ?? null;
}
const skyPython = (): string | null => (tool('sky') === null ? null : path.join(path.dirname(tool('sky')!), 'python'));

const kubernetes = readdirSync(folder).filter((name) => name.startsWith('kubernetes'));

test.each(readdirSync(folder).filter((name) => name !== 'README.md'))('%s asks for settings that there are', (name) => {
  const lines = text(name).replaceAll(/^\s*#.*$/gm, '');
  const settings = [...lines.matchAll(/--set[\s-]+([\w.]+=[\w.]+)/g)].map((match) => match[1]!);
  expect(settings).toContain('device=cuda');
  expect(parseConfig('', { file: 'x.yaml', set: settings }).device).toBe('cuda');
  expect(lines).toMatch(/\brun\b[\s\S]*--run-dir/);
});

describe('Kubernetes', () => {
  test.each(kubernetes)(
    '%s tells what goes on from what a person must look at, and keeps what must be kept',
    (name) => {
      const [claim, job] = parseAllDocuments(text(name)).map((document) => document.toJS());
      const { podFailurePolicy: policy, template } = job.spec;
      const [container] = template.spec.containers;
      const onExit = policy.rules.filter((rule: object) => 'onExitCodes' in rule);
      expect(
        onExit.map((rule: { action: string; onExitCodes: { values: number[] } }) => [
          rule.action,
          rule.onExitCodes.values,
        ]),
      ).toEqual([
        ['Ignore', [130, 143]],
        ['FailJob', [2, 3]],
      ]);
      expect(template.spec.restartPolicy).toBe('Never'); // what podFailurePolicy asks for
      expect(template.spec.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(60);
      expect(template.spec.volumes[0].persistentVolumeClaim.claimName).toBe(claim.metadata.name);
      expect(container.volumeMounts[0]).toMatchObject({ mountPath: '/home/medgr2/work/runs' });
      expect(container.resources.limits['nvidia.com/gpu']).toBe(Number(/(\d)gpu/.exec(name)?.[1]));
    },
  );

  const validate = tool('kubernetes-validate');
  test.skipIf(validate === null).each(kubernetes)('%s keeps to the schema of Kubernetes', async (name) => {
    const { stdout, stderr } = await run(validate!, ['--strict', file(name)]);
    expect(stdout + stderr).not.toMatch(/ERROR|fail/i);
  });
});

test.skipIf(skyPython() === null)('skypilot.yaml is a task of SkyPilot', { timeout: 120_000 }, async () => {
  // Each part has a schema of its own: the task's takes anything for resources.
  const script = `
import sys, yaml
from jsonschema import validate
from sky.utils import schemas
task = yaml.safe_load(open(sys.argv[1]))
validate(task, schemas.get_task_schema())
validate(task["resources"], schemas.get_resources_schema())
for storage in task["file_mounts"].values():
    validate(storage, schemas.get_storage_schema())
print("valid")`;
  expect((await run(skyPython()!, ['-c', script, file('skypilot.yaml')])).stdout).toContain('valid');
});

describe('Slurm', () => {
  test('slurm.sh is a script of bash', () => {
    expect(() => execFileSync('bash', ['-n', file('slurm.sh')])).not.toThrow();
  });
  const shellcheck = tool('shellcheck');
  test.skipIf(shellcheck === null)('shellcheck has nothing to say', async () => {
    expect((await run(shellcheck!, [file('slurm.sh')])).stdout).toBe('');
  });

  let place: string;
  beforeEach(() => void (place = mkdtempSync(path.join(tmpdir(), 'medgr2-slurm-'))));
  afterEach(() => {
    killWhatIsLeft();
    rmSync(place, { recursive: true, force: true });
  });
  /** A test that gave up leaves the script, and below it the medgr2 it plays, which would hold its output open for ever. */
  const killWhatIsLeft = (): void => {
    for (const pid of left) {
      try {
        process.kill(-pid, 'SIGKILL');
      } catch {
        // It has ended.
      }
    }
    left.clear();
  };
  const left = new Set<number>();
  const program = (name: string, body: string): void => {
    writeFileSync(path.join(place, name), `#!/bin/bash\n${body}\n`);
    chmodSync(path.join(place, name), 0o755);
  };
  /** The script with a medgr2 and a scontrol that a test plays. */
  const submit = (medgr2: string) => {
    program('medgr2', medgr2);
    program('scontrol', 'echo "scontrol $*"');
    const env = { ...process.env, PATH: `${place}:${process.env['PATH']}`, SLURM_JOB_ID: '42', CONFIG: 'mine.yaml' };
    const child = spawn('bash', [file('slurm.sh')], {
      env,
      cwd: place,
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    });
    const { pid = 0 } = child;
    left.add(pid);
    child.once('close', () => left.delete(pid));
    let said = '';
    child.stdout.on('data', (data: Buffer) => void (said += String(data)));
    return { child, said: () => said };
  };

  test('SIGTERM reaches the run, whose job is then put back into the queue', async () => {
    const { child, said } = submit(
      // Ends by itself too: whoever kills the tests' own process runs nothing after them.
      `trap 'sleep 0.3; echo saved; exit 130' TERM; echo "medgr2 $*"; for i in {1..1200}; do sleep 0.05; done`,
    );
    await once(child.stdout, 'data');
    child.kill('SIGTERM');
    const [code] = await once(child, 'close');
    expect(code).toBe(130);
    expect(said()).toContain(`medgr2 run mine.yaml --run-dir ${place}/runs/42 --plain --set device=cuda`);
    expect(said()).toMatch(/saved\nscontrol requeue 42\n$/);
  });

  test.each([0, 1, 2, 3])('a run that ends with %i is not started again', async (end) => {
    const { child, said } = submit(`exit ${end}`);
    const [code] = await once(child, 'close');
    expect([code, said()]).toEqual([end, '']);
  });
});
