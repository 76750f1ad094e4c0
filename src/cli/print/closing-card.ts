/** The last lines of a finished run: what it came to, where its report lies, and commands that go on from it as they stand. */
import { medgr2, shellWord } from '../../called-as.js';
import type { ReportWritten } from '../../report/write-report.js';
import { shownPath } from '../named-paths.js';

export interface Closing {
  /** What it came to, in one line; null where nothing was measured. */
  headline: string | null;
  /** Null where it could not be written. */
  report: Pick<ReportWritten, 'file' | 'images'> | null;
  /** What each is for, and what follows the name of the program. */
  commands: readonly (readonly [purpose: string, command: string])[];
}

export function closingCard({ headline, report, commands }: Closing): string {
  const images = report === null || report.images === 0 ? '' : ` (with ${report.images} images of the run's data)`;
  const rows: (readonly [string, string])[] = [
    ...(headline === null ? [] : [['result', headline] as const]),
    ...(report === null ? [] : [['report', `${shownPath(report.file)}${images}`] as const]),
    ...commands.map(([purpose, command]) => [purpose, `${medgr2} ${command}`] as const),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return ['', ...rows.map(([name, text]) => `${name.padEnd(width)}  ${text}`)].join('\n');
}

/**
 * Of a finished loop.
 * @param policy Folder of the policy that goes on, relative to the run; null where it is none of the run's.
 * @param hasDataset Whether a D_gen goes on: where all was rolled back, none does.
 */
export const loopCommands = (runDir: string, policy: string | null, hasDataset = true): Closing['commands'] => [
  ['play it back', `watch ${quoted(runDir)} --replay 60`],
  ...(hasDataset ? [['take D_gen along', `export ${quoted(runDir)} --out ${quoted(`${runDir}-d-gen`)}`] as const] : []),
  ...(policy === null
    ? []
    : [
        [
          'measure the policy again',
          `evaluate --model ${quoted(`${runDir}/${policy}`)} --data ${quoted(runDir)}`,
        ] as const,
      ]),
];

/** Of a recipe, or of its seeds. */
export const recipeCommands = (runDir: string): Closing['commands'] => [
  ['its state', `status ${quoted(runDir)}`],
  ['the report anew', `report ${quoted(runDir)}`],
];

const quoted = (path: string): string => shellWord(shownPath(path));
