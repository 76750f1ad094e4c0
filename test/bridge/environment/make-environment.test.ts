/** The Python environment is made once, again when its requirements change, and by one process at a time. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { medgr2 } from '../../../src/called-as.js';
import { ensurePython } from '../../../src/bridge/environment/make-environment.js';
import { checkPython, findPython } from '../../../src/bridge/environment/find-python.js';

let root: string;
const requirements = (text: string) => writeFile(path.join(root, 'py', 'requirements.txt'), text);

beforeEach(async () => {
  vi.stubEnv('MEDGR2_PYTHON', '');
  root = await mkdtemp(path.join(os.tmpdir(), 'medgr2-test-'));
  await mkdir(path.join(root, 'py'));
  await requirements('# nothing\n');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(root, { recursive: true });
});

test('made once, by whoever is first; made again for other requirements', { timeout: 240_000 }, async () => {
  const heard: string[] = [];
  const options = { root, onProgress: (line: string) => heard.push(line) };
  const [python] = await Promise.all([ensurePython(options), ensurePython(options)]);
  expect(heard.filter((line) => line.startsWith('waiting for process'))).toHaveLength(1);
  expect((await checkPython(python))[0]).toBe(3);
  expect(findPython(root)).toBe(python);

  heard.length = 0;
  await ensurePython(options);
  expect(heard).toEqual([]);

  await requirements('./no-such-package\n');
  await expect(ensurePython(options)).rejects.toMatchObject({
    code: 'python-setup',
    message: expect.stringContaining('no-such-package'),
  });
  await requirements('pip\n');
  await ensurePython(options);
  expect(heard.some((line) => line.startsWith('Requirement already satisfied: pip'))).toBe(true);
});

test('MEDGR2_PYTHON is taken as it is, and has to run', async () => {
  vi.stubEnv('MEDGR2_PYTHON', '/bin/false');
  expect(findPython(root)).toBe('/bin/false');
  await expect(ensurePython({ root })).rejects.toMatchObject({ code: 'python-missing' });
});

test('without any, the remedy is told', () => {
  expect(() => findPython(root)).toThrow(
    expect.objectContaining({ remedy: expect.stringContaining(`${medgr2} setup`) }),
  );
});
