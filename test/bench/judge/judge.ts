/**
 * `npm run bench:judge -- RUN … [--questions 120 --samples 8]`: what each retraining on preferences was worth, on the policy's own
 * completions: of the test questions, which neither SFT nor R_φ has seen and whose truth is known. For every cycle of a finished
 * run: R_φ before and after, on the same completions of that cycle's policy, paired. Nothing of the run is changed.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { loadConfig } from '../../../src/config/load.js';
import { readCompletions } from '../../../src/dataset/tables/job-outputs.js';
import { readSamples } from '../../../src/dataset/tables/sample-table.js';
import { formatTable } from '../../../src/format.js';
import { openEngine, type Engine } from '../../../src/job-spec/script-engine.js';
import { fromRun } from '../../../src/loop/folder/run-folder.js';
import { isCorrect } from '../../../src/reward/reading/extract.js';
import { refuse, scriptLine, scriptNumber } from '../../../src/script-line.js';
import { judgeOwnCompletions, type Judgement } from './own-completions.js';

const { values, positionals } = scriptLine(
  import.meta.filename,
  { questions: { type: 'string', default: '120' }, samples: { type: 'string', default: '8' } },
  20,
);
if (positionals.length === 0) refuse(import.meta.filename, 'the folder of a finished run is needed');
const questions = scriptNumber(import.meta.filename, '--questions', values.questions, 1);
const perQuestion = scriptNumber(import.meta.filename, '--samples', values.samples, 2);

interface Retraining {
  cycle: number;
  policy: string;
  before: string;
  after: string;
}

function retrainings(run: string): Retraining[] {
  const model = (cycle: number, stage: string): string => join(run, `cycle-${cycle}`, stage, 'model');
  const found: Retraining[] = [];
  for (let cycle = 1; existsSync(model(cycle, 'reward-model')); cycle++)
    found.push({
      cycle,
      policy: model(cycle, 'grpo'),
      before: model(cycle - 1, 'reward-model'),
      after: model(cycle, 'reward-model'),
    });
  return found;
}

/** Scores of the same completions by both. */
async function compared(
  engine: Engine,
  run: string,
  { policy, before, after }: Retraining,
  place: string,
): Promise<{ before: Judgement[]; after: Judgement[] }> {
  const config = await loadConfig(join(run, 'config.yaml'));
  const stored = await readSamples(join(run, 'cycle-0', 'prepare-data', 'test.parquet'));
  const samples = stored.slice(0, questions).map((one) => ({ ...one, image: fromRun(run, one.image) }));
  const common = { seed: config.seed, instruction: config.policy.instruction, device: config.device };
  const { completions } = await engine.complete({
    ...common,
    model: policy,
    data: samples,
    samples: perQuestion,
    temperature: config.preferences.temperature,
    maxNewTokens: config.grpo.maxCompletionLength,
    batchSize: config.evaluation.batchSize,
    outDir: join(place, 'completions'),
  });
  const ids = samples.map(({ id }) => id);
  const written = await readCompletions(completions, ids, perQuestion);
  const asked = written.map(({ text }, at) => {
    const sample = samples[Math.floor(at / perQuestion)];
    if (sample === undefined) throw new Error('a completion without its question');
    return { sample, text, right: isCorrect(text, sample) };
  });
  const rows = asked.map(({ sample, text }, at) => ({
    id: `${sample.id}:${at}`,
    image: sample.image,
    question: sample.question,
    options: sample.options,
    response: text,
  }));
  const judged = async (model: string, name: string): Promise<Judgement[]> => {
    const { scores: found } = await engine.score({ ...common, model, data: rows, outDir: join(place, name) });
    return asked.flatMap(({ sample, right }, at) => {
      const score = found[at] ?? null;
      return score === null ? [] : [{ question: sample.id, right, score }];
    });
  };
  return { before: await judged(before, 'before'), after: await judged(after, 'after') };
}

const place = mkdtempSync(join(tmpdir(), 'medgr2-judge-bench-'));
try {
  await using engine = await openEngine({ logDir: join(place, 'logs') });
  const lines = [
    ['run', 'cycle', 'right', 'AUROC before', 'after', 'pairs before', 'after', 'best of n before', 'after'],
  ];
  for (const run of positionals.map((one) => resolve(one)))
    for (const one of retrainings(run)) {
      const scores = await compared(engine, run, one, join(place, `${lines.length}`));
      const [before, after] = [judgeOwnCompletions(scores.before), judgeOwnCompletions(scores.after)];
      const cell = (value: number | null): string => value?.toFixed(3) ?? '–';
      lines.push([
        run.split('/').at(-1) ?? run,
        String(one.cycle),
        cell(before.right),
        ...[before.auroc, after.auroc, before.pairs, after.pairs, before.best, after.best].map(cell),
      ]);
    }
  process.stdout.write(
    `${formatTable(lines)}\nAUROC: right over wrong completions of all questions; pairs: within a question; best of n: right by R_φ's choice\n`,
  );
} finally {
  rmSync(place, { recursive: true, force: true });
}
