/** The bench of guards without its training: teachers that are well are quiet, those that are spoilt are caught, the table counts. */
import { expect, test, vi } from 'vitest';
import { emptyLog } from '../../../src/loop/guards/alarm.js';
import { decoys } from './decoys.js';
import { guardsTable, teachersTable, type Trial } from './table.js';
import { teacherTrials, type TeacherTrial } from './teachers.js';

vi.setConfig({ testTimeout: 120_000 });

test('what the teachers of three seeds write', async () => {
  const trials: TeacherTrial[] = [];
  for (const seed of [31, 32, 33]) trials.push(...(await teacherTrials(seed, 12)));
  const alarmsOf = (arm: string) => trials.filter((trial) => trial.arm === arm).map(({ alarms }) => alarms);
  expect(alarmsOf('healthy')).toEqual([[], [], []]);
  expect(alarmsOf('teacher always answers A')).toEqual([['answerBias'], ['answerBias'], ['answerBias']]);
  expect(alarmsOf('one rationale for all')).toEqual([['template'], ['template'], ['template']]);
  expect(teachersTable(trials)).toMatch(/\| healthy \| 3 \| .* \| 0 \| 0 \|/);
});

test('a run is caught by a guard that was meant to, and the delay is from when the harm began', () => {
  const trial = (arm: string, alarms: { guard: string; cycle: number }[]): Trial =>
    ({ arm, seed: 1, seconds: 1, result: { ...emptyLog(), alarms } }) as unknown as Trial;
  const table = guardsTable([
    trial('healthy', []),
    trial('healthy', [{ guard: 'collapse', cycle: 1 }]),
    trial('teacher adversarial from cycle 2', [{ guard: 'acceptance', cycle: 2 }]),
    trial('teacher adversarial from cycle 2', [{ guard: 'template', cycle: 2 }]),
    trial('policy always answers A', [{ guard: 'answerBias', cycle: 2 }]),
  ]);
  expect(table).toMatch(/\| healthy \| 2 \| 1 of 2 not quiet \| – \|/);
  expect(table).toMatch(/\| teacher adversarial from cycle 2 \| 2 \| 1 of 2 \| 0 \|/);
  expect(table).toMatch(/\| policy always answers A \| 1 \| 1 of 1 \| 1 \|/);
  expect(Object.values(decoys).filter(({ expects }) => expects.length === 0)).toHaveLength(1);
});
