/** The table of `bench:guards`. Pure. */
import { z } from 'zod';
import { runResultSchema } from '../../../src/loop/result/run-result.js';
import { guardNames } from '../../../src/loop/guards/alarm.js';
import { decoys } from './decoys.js';
import type { TeacherTrial } from './teachers.js';

export const trialSchema = z.object({ arm: z.string(), seed: z.int(), seconds: z.number(), result: runResultSchema });
export type Trial = z.output<typeof trialSchema>;

export function guardsTable(trials: readonly Trial[]): string {
  const arms = [...Map.groupBy(trials, ({ arm }) => arm)];
  const heading = ['loop', 'runs', 'caught', 'delay in cycles', ...guardNames, 'refused'];
  const rows = arms.map(([arm, own]) => [arm, String(own.length), ...caughtCells(arm, own), ...guardCells(own)]);
  return [
    'Alarms by guard: runs in which it alarmed at least once; `caught` is a run in which a guard that was meant to did.',
    `Seeds: ${arms.map(([arm, own]) => `${arm} ${own.map(({ seed }) => seed).join(', ')}`).join('; ')}.`,
    '',
    `| ${heading.join(' | ')} |`,
    `|${heading.map(() => '---').join('|')}|`,
    ...rows.map((row) => `| ${row.join(' | ')} |`),
    '',
  ].join('\n');
}

function caughtCells(arm: string, trials: readonly Trial[]): [string, string] {
  const { expects = [], from = 0 } = decoys[arm] ?? {};
  if (expects.length === 0) {
    const loud = trials.filter(({ result }) => result.alarms.length > 0).length;
    return [`${loud} of ${trials.length} not quiet`, '–'];
  }
  const delays = trials.flatMap(({ result }) => {
    const cycles = result.alarms.filter(({ guard }) => expects.includes(guard)).map(({ cycle }) => cycle);
    const first = cycles.filter((cycle) => cycle >= from).toSorted((a, b) => a - b)[0];
    return first === undefined ? [] : [first - from];
  });
  return [`${delays.length} of ${trials.length}`, delays.length === 0 ? '–' : delays.join(', ')];
}

const guardCells = (trials: readonly Trial[]): string[] => [
  ...guardNames.map((name) =>
    String(trials.filter(({ result }) => result.alarms.some(({ guard }) => guard === name)).length),
  ),
  String(trials.filter(({ result }) => result.promotions.some(({ refused }) => refused.length > 0)).length),
];

/** Of what teachers write, with nothing trained: largest and least of each figure over the seeds, and how many alarmed. */
export function teachersTable(trials: readonly TeacherTrial[]): string {
  const range = (values: readonly number[]): string =>
    `${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)}`;
  const rows = [...Map.groupBy(trials, ({ arm }) => arm)].map(([arm, own]) => [
    arm,
    String(own.length),
    range(own.map(({ placeExcess }) => placeExcess)),
    range(own.map(({ textExcess }) => textExcess)),
    ...['answerBias', 'template'].map((guard) => String(own.filter(({ alarms }) => alarms.includes(guard)).length)),
  ]);
  const heading = [
    'what a teacher writes',
    'seeds',
    'one place beyond its share',
    'one text beyond its share',
    'answerBias',
    'template',
  ];
  return [
    `| ${heading.join(' | ')} |`,
    `|${heading.map(() => '---').join('|')}|`,
    ...rows.map((row) => `| ${row.join(' | ')} |`),
    '',
  ].join('\n');
}
