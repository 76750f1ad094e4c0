/** The workflows name what there is: scripts, versions that medgr2 says it runs on, build arguments. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { oldestPython } from '../src/bridge/environment/find-python.js';
import { oldestNode } from '../src/bridge/environment/node-version.js';
import { packageRoot } from '../src/bridge/environment/package-paths.js';

interface Job {
  strategy?: { matrix: Record<string, (string | number)[]> };
  steps: { run?: string; uses?: string }[];
}
const read = (name: string): string => readFileSync(join(packageRoot, name), 'utf8');
const jobs = (name: string): Record<string, Job> =>
  (parse(read(`.github/workflows/${name}.yml`)) as { jobs: Record<string, Job> }).jobs;

test('continuous integration runs on the oldest versions, and on what is there', () => {
  const { checks, package: packed, image } = jobs('ci');
  expect(checks?.strategy?.matrix['python']?.[0]).toBe(oldestPython.join('.'));
  expect(packed?.strategy?.matrix['node']?.[0]).toBe(oldestNode);
  expect(checks?.steps.some(({ run }) => run === '.ci/run')).toBe(true);
  expect(existsSync(join(packageRoot, '.ci', 'run'))).toBe(true);
  expect(image?.steps.map(({ run }) => run ?? '').join('\n')).toContain('--build-arg TORCH=cpu');
  expect(read('Dockerfile')).toContain('ARG TORCH=');
});

test('a release reads its notes from the changelog as it is written', () => {
  const { release } = jobs('release');
  const steps = (release?.steps ?? []).map(({ run }) => run ?? '').join('\n');
  expect(steps).toContain('CHANGELOG.md');
  expect(read('CHANGELOG.md')).toMatch(/^## Unreleased$/m);
  // Third parties get the contents of this repository only where their version is named.
  for (const name of ['ci', 'release'])
    for (const { uses } of Object.values(jobs(name)).flatMap(({ steps: all }) => all))
      if (uses !== undefined) expect(uses).toMatch(/^actions\/[\w-]+@v\d+$/);
});
