/** configs/README.md: the configurations that ship, and every setting with its type, default and meaning. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/bridge/environment/package-paths.js';
import { configJsonSchema, type JsonSchema } from './config-json-schema.js';

interface Row {
  path: string;
  type: string;
  standard: string;
  meaning: string;
}

/** Sections whose options are TRL's own: their number and place is all that is said here. */
const ofTrl = 'trl';

export function settingsPage(): string {
  const { properties = {} } = configJsonSchema();
  const lone = Object.entries(properties).filter(([, schema]) => !isSection(schema));
  const sections = Object.entries(properties).filter(([, schema]) => isSection(schema));
  return [
    '# Configurations and their settings',
    'Written by `npm run codegen:config` from `src/config/`; a test says when it is not current. `--set section.key=value` changes one ' +
      'setting of a run. In an editor with a YAML language server, the first line of each file here offers and checks them by `schema.json`.',
    '## What ships',
    table(['file', 'what it is'], shipped()),
    '## Settings',
    'Left out, a setting has the default; “–” means that there is none. Fractions are in [0, 1]; lengths of text are tokens; seeds, steps ' +
      'and counts are whole numbers.',
    table(
      ['setting', 'type', 'default', 'meaning'],
      lone.map(([name, schema]) => cells(row(name, schema))),
    ),
    ...sections.flatMap(([name, schema]) => section(name, schema)),
  ]
    .join('\n\n')
    .concat('\n');
}

const isSection = (schema: JsonSchema): boolean => schema.properties !== undefined || schema.oneOf !== undefined;

function section(name: string, schema: JsonSchema): string[] {
  const variants = schema.oneOf ?? [schema];
  return [
    `### ${name}`,
    ...(schema.description === undefined ? [] : [schema.description]),
    ...variants.flatMap((variant) => {
      const kind = kindOf(variant);
      const rows = rowsOf(name, variant).map(cells);
      return [
        ...(kind === null
          ? []
          : [`**\`${name}.${kind}\`**${variant.description === undefined ? '' : `: ${variant.description}`}`]),
        ...(rows.length === 0 ? [] : [table(['setting', 'type', 'default', 'meaning'], rows)]),
      ];
    }),
  ];
}

/** What tells one form of a section from the others: `source: phantom`. */
function kindOf({ properties = {} }: JsonSchema): string | null {
  const [name, schema] = Object.entries(properties).find(([, one]) => one.const !== undefined) ?? [];
  return schema === undefined ? null : `${name}: ${String(schema.const)}`;
}

function rowsOf(path: string, { properties = {} }: JsonSchema): Row[] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const here = `${path}.${name}`;
    if (schema.const !== undefined || schema.not !== undefined) return [];
    if (name === ofTrl) return [{ ...row(here, schema), meaning: trlMeaning(path, schema) }];
    const inner = schema.items ?? schema;
    const nested = inner.properties === undefined ? [] : rowsOf(schema.items === undefined ? here : `${here}[]`, inner);
    return nested.length === 0 || schema.description !== undefined ? [row(here, schema), ...nested] : nested;
  });
}

const row = (path: string, schema: JsonSchema): Row => ({
  path,
  type: typeOf(schema),
  standard: schema.default === undefined || isSection(schema) ? '–' : code(JSON.stringify(schema.default)),
  meaning: schema.description ?? '',
});

function trlMeaning(path: string, { properties = {} }: JsonSchema): string {
  const taken = Object.values(properties).filter(({ not }) => not === undefined).length;
  return `${taken} options of TRL's own ${path === 'sft' ? 'SFTConfig' : 'GRPOConfig'}, by their names there (\`schema.json\` lists them); those that have a setting of their own here are refused.`;
}

function typeOf(schema: JsonSchema): string {
  if (schema.enum !== undefined) return schema.enum.map((one) => code(String(one))).join(', ');
  if (schema.const !== undefined) return code(String(schema.const));
  const parts = schema.anyOf ?? schema.oneOf;
  if (parts !== undefined) return [...new Set(parts.map(typeOf))].join(' or ');
  if (schema.type === 'array') return `list of ${schema.items === undefined ? 'values' : typeOf(schema.items)}`;
  if (schema.type === 'object') return typeof schema.additionalProperties === 'object' ? 'map' : 'section';
  const { minimum, exclusiveMinimum, maximum, exclusiveMaximum } = schema;
  const least =
    exclusiveMinimum === undefined ? (minimum === undefined ? '' : `≥ ${minimum}`) : `> ${exclusiveMinimum}`;
  const most = exclusiveMaximum === undefined ? (maximum === undefined ? '' : `≤ ${maximum}`) : `< ${exclusiveMaximum}`;
  const name = { integer: 'integer', number: 'number', string: 'text', boolean: 'true, false' }[schema.type ?? ''];
  return [name ?? schema.type ?? '', [least, most].filter((part) => part !== '').join(', ')]
    .filter((part) => part !== '')
    .join(' ');
}

function shipped(): string[][] {
  const folder = join(packageRoot, 'configs');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .toSorted()
    .map((name) => {
      const lines = readFileSync(join(folder, name), 'utf8').split('\n');
      const comment = lines.filter((line) => !line.includes('yaml-language-server'));
      const end = comment.findIndex((line) => !line.startsWith('#'));
      const said = comment
        .slice(0, end)
        .map((line) => line.replace(/^# ?/, ''))
        .join(' ');
      return [`[${name}](${name})`, escaped(said.split(/(?<=(?<!al)[.])\s(?=[A-Z])/)[0] ?? '')];
    });
}

const code = (text: string): string => `\`${text}\``;
const escaped = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const cells = ({ path, type, standard, meaning }: Row): string[] => [
  code(path),
  escaped(type),
  escaped(standard),
  escaped(meaning),
];

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (values: readonly string[]): string => `| ${values.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
