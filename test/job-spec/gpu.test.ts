/** A GPU that nvidia-smi lists and torch cannot use: the job and the doctor say so, and `device: cpu` goes on. */
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openEngine, type JobError } from '../../src/index.js';
import { phantomSamples } from '../../src/public/data.js';
import { configSchema } from '../../src/config/schema.js';
import { diagnose } from '../../src/loop/doctor/diagnose.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'medgr2-test-'));
  const program = path.join(folder, 'bin', 'nvidia-smi');
  await mkdir(path.dirname(program));
  await writeFile(program, "#!/bin/sh\necho 'GPU 0: NVIDIA L40 (UUID: GPU-1)'\n");
  await chmod(program, 0o755);
  vi.stubEnv('PATH', `${path.dirname(program)}${path.delimiter}${process.env['PATH'] ?? ''}`);
  vi.stubEnv('CUDA_VISIBLE_DEVICES', undefined);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

test.skipIf(existsSync('/dev/nvidiactl'))('is never left for the CPU in silence', { timeout: 600_000 }, async () => {
  await using engine = await openEngine({ preload: false });
  const data = await phantomSamples({ dir: path.join(folder, 'phantoms'), count: 1 });
  const job = (device: 'auto' | 'cpu') =>
    engine.complete({ model: 'phantom', data, maxNewTokens: 2, outDir: path.join(folder, device), device }).result;
  const error = await job('auto').catch((thrown: unknown) => thrown as JobError);
  expect(error).toMatchObject({
    name: 'JobError',
    code: 'cuda-unavailable',
    message: expect.stringContaining('there is an NVIDIA GPU (GPU 0: NVIDIA L40, by nvidia-smi)'),
    remedy: expect.stringContaining('device: cpu'),
  });
  expect(await job('cpu')).toMatchObject({ kind: 'complete', count: 1 });

  const gpuCheck = async (device: 'auto' | 'cpu') => {
    const { healthy, checks } = await diagnose({ config: configSchema.parse({ device }), folder });
    return { healthy, ...checks.find(({ name }) => name === 'GPU') };
  };
  expect(await gpuCheck('auto')).toMatchObject({
    healthy: false,
    status: 'failed',
    detail: expect.stringContaining('GPU 0: NVIDIA L40'),
    remedy: (error as JobError).remedy,
  });
  expect(await gpuCheck('cpu')).toMatchObject({ healthy: true, status: 'note' });
});
