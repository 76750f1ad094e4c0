/** configs/schema.json and configs/README.md are what the schema and its comments make today, and leave no setting unexplained. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packageRoot } from '../../src/bridge/environment/package-paths.js';
import { configSchema } from '../../src/config/schema.js';
import { configJsonSchema, jsonSchemaText } from './config-json-schema.js';
import { settingsPage } from './settings-page.js';

const folder = join(packageRoot, 'configs');
const shipped = (name: string): string => readFileSync(join(folder, name), 'utf8');

test('what ships is current: else run `npm run codegen:config`', () => {
  expect(shipped('schema.json')).toBe(jsonSchemaText());
  expect(shipped('README.md')).toBe(settingsPage());
});

test('every setting has its meaning, and its default where it has one', () => {
  const rows = [...settingsPage().matchAll(/^\| `([^`]+)` \| (.*) \| (.*) \| (.*) \|$/gm)];
  expect(rows.length).toBeGreaterThan(150);
  expect(rows.filter(([, , , , meaning]) => meaning === '').map(([, path]) => path)).toEqual([]);
  // Two that are known, read through zod: the page does not say what the schema does not do.
  const { grpo, cycles } = configSchema.parse({});
  const defaultOf = (path: string): string | undefined => rows.find(([, name]) => name === path)?.[3];
  expect(defaultOf('grpo.numGenerations')).toBe(`\`${grpo.numGenerations}\``);
  expect(defaultOf('cycles')).toBe(`\`${cycles}\``);
});

test('every section of the schema is in the page and in schema.json', () => {
  const sections = Object.keys(configSchema.shape);
  expect(Object.keys(configJsonSchema().properties ?? {})).toEqual(sections);
  for (const name of sections) expect(settingsPage()).toMatch(new RegExp(`### ${name}\\b|\`${name}\``));
});

test('every configuration that ships says where its schema is', () => {
  const files = readdirSync(folder).filter(
    (name) => name.endsWith('.yaml') && !['prices.yaml', 'rubric.yaml'].includes(name),
  );
  expect(files.length).toBeGreaterThan(10);
  for (const name of files) expect(shipped(name), name).toMatch(/^# yaml-language-server: \$schema=schema\.json\n/);
});
