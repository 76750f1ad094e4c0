/** src/errors.md: every code of an error with its meaning, its remedy, and what the command line ends with. */
import { errorCodes } from '../../src/error-codes.js';
import * as errors from '../../src/errors.js';
import type { ErrorCode } from '../../src/errors.js';
import { errorRemedies } from './error-remedies.js';
import { thrownErrors } from './error-sources.js';

export interface ErrorRow {
  code: ErrorCode;
  meaning: string;
  remedy: string;
  exitCode: number;
}

export function errorRows(): ErrorRow[] {
  const thrown = Map.groupBy(thrownErrors(), ({ code }) => code);
  return (Object.keys(errorCodes) as ErrorCode[]).map((code) => {
    const all = thrown.get(code) ?? [];
    const written = all.map(({ remedy }) => remedy).find((remedy) => remedy !== '' && !remedy.startsWith('…'));
    const named = all.find(({ error }) => error !== '')?.error ?? 'JobError';
    return {
      code,
      meaning: errorCodes[code],
      remedy: errorRemedies[code] ?? written ?? '',
      exitCode: exitCodeOf(named),
    };
  });
}

function exitCodeOf(name: string): number {
  const kind = new Map(Object.entries(errors)).get(name) as typeof errors.ConfigError;
  const made = Reflect.construct(kind, ['interrupted', '', { jobId: '' }]) as errors.Medgr2Error;
  return made.exitCode;
}

export function errorsPage(): string {
  return [
    '# Errors and what to do',
    'Written by `npm run codegen:config` from `src/error-codes.ts` and the places where errors are thrown. An error on the screen begins with its code: ' +
      '`error (CODE): …`; in a script it is `error.code`, of the type `ErrorCode`. The error itself says more than this page: where it happened, and the remedy ' +
      'in full, where `…` stands here. The last column is what the command ends with: 1 failed, 2 wrong usage, configuration or missing file, 3 paused at ' +
      'the budget, 130 interrupted. Codes of jobs are those of Python’s exceptions; Python’s own traceback is in `error.traceback`.',
    [
      '| code | meaning | remedy | ends with |',
      '|---|---|---|---|',
      ...errorRows().map(
        ({ code, meaning, remedy, exitCode }) => `| \`${code}\` | ${cell(meaning)} | ${cell(remedy)} | ${exitCode} |`,
      ),
    ].join('\n'),
  ]
    .join('\n\n')
    .concat('\n');
}

/** In a table: no bars, no line breaks, and no tags but in code. */
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ').replaceAll('<', '&lt;');
