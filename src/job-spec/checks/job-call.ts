/** What a script gives to start a job, looked at before anything is taken out of it: plain JavaScript may give anything. */
import type { JobKind } from '../../bridge/contract/contract.js';
import { ConfigError } from '../../errors.js';
import { problemsOf } from '../../bridge/jobs/call-options.js';
import { isObject } from '../../json-text.js';

/** What a field has to be, in words, and whether a value is that. */
type Field = readonly [name: string, words: string, is: (value: unknown) => boolean];

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const place: readonly Field[] = [
  [
    'model',
    'the path of a model folder, a Hugging Face id, `phantom`, or an object with `path`',
    (model) => isText(model) || isObject(model),
  ],
  ['outDir', 'the folder to write into', isText],
];
const rows: Field = [
  'data',
  'a list of samples or rows, or the path of a Parquet file',
  (data) => isText(data) || Array.isArray(data),
];
const rewards: Field = ['rewards', 'a list: `rewards: [answerMatch()]`', Array.isArray];

const fieldsOf = (kind: string): readonly Field[] => [
  ...place,
  ...(kind === 'merge' ? [] : [rows]),
  ...(kind === 'grpo' ? [rewards] : []),
];

/** A method that starts a job, behind a look at what it is called with. */
export const checked =
  <Spec, Options, Started>(kind: JobKind, start: (spec: Spec, options?: Options) => Started) =>
  (spec: Spec, options?: Options): Started => {
    checkJobCall(kind, spec);
    return start(spec, options);
  };

/** @throws ConfigError `job-spec` that names each field that is missing or something else. */
function checkJobCall(kind: JobKind, spec: unknown): void {
  if (!isObject(spec)) throw wrongSpec(kind, ['expected an object: { model, data, outDir, … }']);
  const problems = fieldsOf(kind).flatMap(([name, words, is]) => {
    const value = spec[name];
    if (is(value)) return [];
    const why = value instanceof Promise ? ', found a promise: await it' : '';
    return [`${name}: ${value === undefined ? 'missing; ' : ''}expected ${words}${why}`];
  });
  if (problems.length > 0) throw wrongSpec(kind, problems);
}

const wrongSpec = (kind: JobKind, problems: readonly string[]): ConfigError =>
  new ConfigError('job-spec', problemsOf(`The ${kind} job`, problems), {
    remedy: 'Mend the call: types and TSDoc say what it takes.',
  });
