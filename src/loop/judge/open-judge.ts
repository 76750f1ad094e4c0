/** Opens the judge that a configuration names; the simulated one knows the truth and errs at its rate. */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Config } from '../../config/schema.js';
import type { LoopData } from '../../dataset/sources/data-source.js';
import { startTeacherServer } from '../../providers/simulated/simulated-server.js';
import type { JudgeBook } from '../../providers/simulated/teacher-book.js';
import { seededRandom } from '../../random.js';
import { answersMatch } from '../../reward/reading/extract.js';
import { runFiles } from '../folder/run-folder.js';
import { simulatedNames } from '../generator/generator-pricing.js';
import { askedOverLoopback, openProvider, type Generator } from '../generator/open-generator.js';
import type { StageContext } from '../stage.js';

export const openJudge = (context: StageContext): Promise<Generator> =>
  openProvider(context, context.config.verify, {
    jobs: runFiles.judgeJobs,
    trained: null,
    simulated: () => openSimulated(context),
  });

async function openSimulated({ config, data, runDir }: StageContext): Promise<Generator> {
  const { protocol, errorRate, latencyMs } = config.verify.simulated;
  const countsFile = join(runDir, runFiles.judgeCounts);
  mkdirSync(dirname(countsFile), { recursive: true });
  const server = await startTeacherServer({
    book: { reply: () => null },
    judge: erringJudge(data, { seed: config.seed, errorRate }),
    seed: config.seed,
    latencyMs,
    batchMs: latencyMs,
    countsFile,
  });
  return askedOverLoopback(server, protocol, simulatedNames.verify);
}

/** The same sample is judged the same each time: another strategy that wrote it makes no other error. */
export function erringJudge(
  { truth }: Pick<LoopData, 'truth'>,
  { seed, errorRate }: Pick<Config, 'seed'> & { errorRate: number },
): JudgeBook {
  return ({ imageHash, sample: { question, options, answer } }) => {
    const known = truth({ imageHash, question, options });
    if (known === null) return null;
    const errs = seededRandom(seed, 'judge error', imageHash, question, answer).next() < errorRate;
    return answersMatch(answer, known, options) !== errs;
  };
}
