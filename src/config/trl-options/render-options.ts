/** TRL's options as TypeScript: one zod schema per option, its help as TSDoc. Pure text; the same fields give the same file. */
import type { FieldType, OptionField, OptionFields } from './option-fields.js';

const width = 120;
/** Characters of help that are kept: a reminder of what an option does; TRL's documentation has the rest. */
const helpLength = 200;

/** Text of src/config/trl-options/<trainer>-options.generated.ts. */
export function renderOptions(trainer: 'sft' | 'grpo', { versions, ...options }: OptionFields): string {
  const config = { sft: 'SFTConfig', grpo: 'GRPOConfig' }[trainer];
  const fields = options[trainer];
  // A Python object cannot be written in JSON or YAML: such an option stays unknown.
  const usable = fields.filter((field) => field.types.some(({ type }) => type !== 'object' && type !== 'null'));
  return [
    '/**',
    ` * Options of TRL's ${config}, written by \`npm run codegen\` from TRL ${versions.trl} over transformers ${versions.transformers}.`,
    ' * Descriptions are shortened from the help texts of TRL and transformers (Copyright The HuggingFace Team, Apache-2.0).',
    " * Defaults are TRL's own; py/medgr2/training/train_to_end.py replaces some of them.",
    ' */',
    "import { z } from 'zod';",
    '',
    `export const ${trainer}OptionShape = {`,
    ...usable.flatMap(renderField),
    '} as const;',
    '',
  ].join('\n');
}

function renderField(field: OptionField): string[] {
  return [...renderHelp(field), ...breakLine(`  ${field.name}: ${renderType(field.types)}.optional(),`)];
}

function renderHelp({ help, default: value }: OptionField): string[] {
  const deprecated = /^deprecated\b/i.test(help);
  const text = shorten(help.replace(/^deprecated[.,:]?\s*/i, '')).replaceAll('*/', '*\\/');
  const lines = wrap(deprecated ? `@deprecated ${text}` : text, width - 5);
  const shown = value === null ? [] : [`@defaultValue ${JSON.stringify(value)}`];
  const all = [...lines, ...shown];
  const [only = ''] = all;
  if (all.length === 0) return [];
  if (all.length === 1 && only.length <= width - 9) return [`  /** ${only} */`];
  return ['  /**', ...all.map((line) => `   * ${line}`), '   */'];
}

/** The first sentence, and more sentences as long as there is room. */
export function shorten(help: string): string {
  const sentences = help.split(/(?<=[.!?])\s+(?=[A-Z`'"])/);
  let text = '';
  for (const sentence of sentences) {
    if (text !== '' && text.length + 1 + sentence.length > helpLength) break;
    text = text === '' ? sentence : `${text} ${sentence}`;
  }
  return text.length <= helpLength * 2 ? text : `${text.slice(0, helpLength * 2).replace(/\s+\S*$/, '')} …`;
}

function renderType(types: readonly FieldType[]): string {
  const known = types.filter(({ type }) => type !== 'object');
  const nullable = known.some(({ type }) => type === 'null');
  const shown = [...new Set(known.filter(({ type }) => type !== 'null').map(renderKind))];
  const [only = 'z.null()'] = shown;
  const union = shown.length > 1 ? `z.union([${shown.join(', ')}])` : only;
  return nullable ? `${union}.nullable()` : union;
}

function renderKind(kind: FieldType): string {
  switch (kind.type) {
    case 'boolean':
      return 'z.boolean()';
    case 'integer':
      return 'z.int()';
    case 'number':
      return 'z.number()';
    case 'string':
      return 'z.string()';
    case 'array':
      return `z.array(${renderType(kind.items)})`;
    case 'record':
      return `z.record(z.string(), ${renderType(kind.values)})`;
    case 'enum': {
      const values = kind.values.map((value) => (typeof value === 'string' ? quote(value) : String(value)));
      return kind.values.every((value) => typeof value === 'string')
        ? `z.enum([${values.join(', ')}])`
        : `z.literal([${values.join(', ')}])`;
    }
    case 'any':
    case 'null':
    case 'object':
      return 'z.json()';
  }
}

const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

/** A list that does not fit its line goes one value to the line. */
function breakLine(line: string): string[] {
  if (line.length <= width) return [line];
  const [, start = '', values = '', end = ''] = /^(.*?\[)(.*)(\].*)$/.exec(line) ?? [];
  return [start, ...values.split(', ').map((value) => `    ${value},`), `  ${end}`];
}

function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ').filter((part) => part !== '')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > columns) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
