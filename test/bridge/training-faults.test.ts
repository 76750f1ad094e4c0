/** Every fault that Python names for a training job has a code and a remedy of its own. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { pythonSources } from '../../src/bridge/environment/package-paths.js';
import { meaningOf } from '../../src/bridge/failures/python-remedies.js';

/** A damaged checkpoint never ends a job: the one before it is taken, with a warning. */
const handledThere = new Set(['DamagedCheckpoint']);

const faults = [
  ...readFileSync(join(pythonSources, 'medgr2', 'training', 'training_faults.py'), 'utf8').matchAll(/^class (\w+)/gm),
]
  .map(([, name]) => name ?? '')
  .filter((name) => !handledThere.has(name));

test('there are some', () => expect(faults.length).toBeGreaterThan(5));

test.each(faults)('%s', (type) => {
  const { code, remedy } = meaningOf({ type, message: 'no words', traceback: '', where: null }, 'log');
  expect(code).not.toBe('job-failed');
  expect(remedy).toMatch(/\.$/);
});
