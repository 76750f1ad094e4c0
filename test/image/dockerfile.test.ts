/** The Dockerfile: pinned, without rights, with a health check; and the parser that the replay rests on. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { copyOf, parseDockerfile, wordsOf } from './dockerfile.js';

const root = path.resolve(import.meta.dirname, '../..');
const [build, image] = parseDockerfile(readFileSync(path.join(root, 'Dockerfile'), 'utf8'));
const texts = (name: string): string[] =>
  (image?.steps ?? []).filter((step) => step.name === name).map(({ text }) => text);

test('both stages start from the Node that the checkout runs on', () => {
  const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    devDependencies: Record<string, string>;
  };
  const node = `node:${manifest.devDependencies['node']}-bookworm-slim`;
  expect([build?.base, image?.base]).toEqual([node, node]);
});

test('what runs has no rights, is looked after, and keeps its models', () => {
  expect(texts('USER')).toEqual(['medgr2']);
  expect(wordsOf(texts('HEALTHCHECK')[0]!)).toEqual(['medgr2', 'doctor']);
  expect(texts('VOLUME')).toEqual(['/home/medgr2/.cache']);
  expect(wordsOf(texts('ENTRYPOINT')[0]!)).toEqual(['tini', '--', 'medgr2']);
});

test('Python’s packages are a layer that a change of medgr2 leaves alone', () => {
  const steps = image!.steps.map(({ name, text }) => `${name} ${text}`);
  const packages = steps.findIndex((step) =>
    step.startsWith('RUN .venv/bin/python -m pip install -r py/requirements.txt'),
  );
  const copies = steps.slice(0, packages).filter((step) => step.startsWith('COPY'));
  expect(packages).toBeGreaterThan(0);
  expect(copies).toEqual(['COPY --chown=medgr2 py/requirements.txt py/']);
});

test('every build argument is used, and every file that is copied is there', () => {
  for (const name of texts('ARG').map((text) => text.replace('=', '')))
    expect(
      texts('RUN').some((text) => text.includes(`$${name}`)),
      name,
    ).toBe(true);
  for (const { from, sources } of texts('COPY').map(copyOf))
    if (from === null) for (const source of sources) readOrList(source);
});
const readOrList = (source: string): void => expect(() => readFileSync(path.join(root, source))).not.toThrow(/ENOENT/);

test('lines that go on, comments among them, options and arguments', () => {
  const [stage] = parseDockerfile(
    'ARG V=1\nFROM a:$V AS b\nRUN x \\\n  # no\n  && y\nCOPY --from=b --chown=u c d e/\n',
    { V: '2' },
  );
  expect(stage).toMatchObject({ base: 'a:2', name: 'b', steps: [{ name: 'RUN', text: 'x && y', line: 3 }, {}] });
  expect(copyOf(stage!.steps[1]!.text)).toEqual({ from: 'b', owner: 'u', sources: ['c', 'd'], target: 'e/' });
});
