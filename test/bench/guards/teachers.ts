/** What the generator's guards say of many seeds without any training: the teacher's samples at demo settings, well and spoilt. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configSchema } from '../../../src/config/schema.js';
import { createPhantomData } from '../../../src/dataset/sources/phantom-source.js';
import { answerBias, generatedPlaces } from '../../../src/loop/guards/answer-bias.js';
import { commonTexts, oneTemplate } from '../../../src/loop/guards/dataset-guards.js';
import { cycleTasks } from '../../../src/loop/generator/cycle-tasks.js';
import type { TeacherBook } from '../../../src/providers/simulated/teacher-book.js';
import type { Sample, Strategy } from '../../../src/sample.js';
import { makeSample } from '../../helpers/sample.js';
import { decoys } from './decoys.js';

export interface TeacherTrial {
  arm: string;
  seed: number;
  samples: number;
  /** Largest share of one place beyond its fair share, and of one text beyond the trusted samples'. */
  placeExcess: number;
  textExcess: number;
  alarms: string[];
}

/** @param images Of one cycle, each asked by three strategies. */
export async function teacherTrials(seed: number, images: number): Promise<TeacherTrial[]> {
  const dir = mkdtempSync(join(tmpdir(), 'medgr2-teachers-'));
  try {
    const { generation } = configSchema.parse({});
    const counts = { seed: 100, test: 2, pool: images };
    const data = await createPhantomData({ dir, seed, counts, teacher: generation.teacher });
    const { strategies, questionTypes } = generation;
    const tasks = cycleTasks({ pool: data.pool, strategies, questionTypes, images, cycle: 1, seed });
    const first = new Set<string>();
    const truth = (imageHash: string, question: string) => data.truth(makeSample({ imageHash, question }));
    const written = (book: TeacherBook): Sample[] =>
      tasks.flatMap((task, index) => {
        const reply = book.reply({ ...task, strategy: task.strategy as Strategy });
        return reply === null ? [] : [makeSample({ id: String(index), imageHash: task.imageHash, ...reply })];
      });
    return ['healthy', ...Object.keys(decoys).filter((arm) => decoys[arm]?.book !== undefined)].flatMap((arm) => {
      if (data.book === null) return [];
      const samples = written(decoys[arm]?.book?.(data.book, { first, truth }) ?? data.book);
      const places = generatedPlaces(samples, data.seed);
      const found = [answerBias('the generator', places), oneTemplate(samples, data.seed)];
      return [
        {
          arm,
          seed,
          samples: samples.length,
          placeExcess: placeExcess(places),
          textExcess: textExcess(samples, data.seed),
          alarms: found.flatMap((alarm) => alarm?.guard ?? []),
        },
      ];
    });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function placeExcess(places: ReturnType<typeof generatedPlaces>): number {
  const total = (of: 'chosen' | 'expected'): number => places.reduce((sum, place) => sum + place[of], 0);
  return Math.max(...places.map(({ chosen, expected }) => chosen / total('chosen') - expected / total('expected')));
}

function textExcess(samples: readonly Sample[], trusted: readonly Sample[]): number {
  const usual = new Map(commonTexts(trusted).map(({ of, share }) => [of, share]));
  return Math.max(...commonTexts(samples).map(({ of, share }) => share - (usual.get(of) ?? 0)));
}
