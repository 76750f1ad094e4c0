/** Extras are told, never missed; one that does not fit is a warning that says what to install. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { apartFrom, extraFile, extraNames } from '../../../src/bridge/environment/python-extras.js';
import type { PythonInspection } from '../../../src/bridge/environment/inspect-python.js';
import { packageRoot } from '../../../src/bridge/environment/package-paths.js';
import { checkExtras, pinnedExtras } from '../../../src/loop/doctor/check-extras.js';

const torch = { error: null, cuda: null, devices: [], gpu: null };
const found = (packages: Record<string, string>, more: Partial<PythonInspection> = {}): PythonInspection => ({
  version: '3.12',
  packages: { torch: '2.13.0', ...packages },
  torch,
  torchvision: null,
  ...more,
});
const pins = await pinnedExtras();

test('every file of an extra is an extra, and pins what it installs', () => {
  const files = readdirSync(path.join(packageRoot, 'py')).filter((name) => /^requirements-(?!dev)/.test(name));
  const named = extraNames.map(extraFile);
  expect(files.toSorted()).toEqual([...named, ...apartFrom(named)].toSorted());
  for (const packages of pins.values()) expect(packages.size).toBeGreaterThan(0);
  expect([...(pins.get('trackers')?.keys() ?? [])]).toEqual(expect.arrayContaining(['tensorboard', 'trackio']));
});

test('what is not there is a note with the command that adds it', () => {
  const [check, ...more] = checkExtras(found({ ray: '2.60.0' }), pins);
  expect(check).toMatchObject({
    status: 'note',
    detail: expect.stringMatching(/^ray 2\.60\.0; not installed: vllm, /),
  });
  expect(check?.remedy).toContain('setup --with vllm');
  expect(more).toEqual([]);
});

test('another release is a warning', () => {
  expect(checkExtras(found({ vllm: '0.1.0' }), pins)).toContainEqual(
    expect.objectContaining({ name: 'extra vllm', status: 'warning', remedy: expect.stringContaining('--with vllm') }),
  );
});

test('torchvision counts where it really imports, and says which build would', () => {
  const of = (more: Partial<PythonInspection>, version = '0.28.0') =>
    checkExtras(found({ torchvision: version }, more), pins).find(({ name }) => name === 'torchvision');
  expect(of({})).toMatchObject({ status: 'ok', detail: 'imports: torchvision 0.28.0 beside torch 2.13.0' });
  const error = 'RuntimeError: operator torchvision::nms does not exist';
  expect(of({ torchvision: error })).toMatchObject({
    status: 'warning',
    detail: expect.stringMatching(/nms does not exist \(torch is a CPU build/),
    remedy: expect.stringContaining('torchvision==0.28.0 --index-url https://download.pytorch.org/whl/cpu'),
  });
  const cuda = of({ torchvision: error, torch: { ...torch, cuda: '13.0' } }, '0.26.0');
  expect(cuda?.remedy).toContain('torchvision==0.28.0 --index-url https://download.pytorch.org/whl/cu130');
  expect(cuda?.detail).not.toContain('CPU build');
});
