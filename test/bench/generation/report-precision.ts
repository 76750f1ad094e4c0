/**
 * What a report beside the image does to raw precision, as far as a simulated teacher can show it: on VQA-RAD half of an image's
 * answers are a pretend report and the other half of its questions are asked. The teacher errs at a stated rate, but not where the
 * report names the right answer: so the figure is how often one answer of an image gives away another, and that the text
 * really arrives with the request. It says nothing of a real generator.
 * Usage: npm run bench:report -- [--data FOLDER] [--rate 0.4] [--splits 5] [--json]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { labelledTeacher } from '../../../src/dataset/sources/labelled-teacher.js';
import { readVqaRad, type VqaRadRow } from '../../../src/dataset/sources/vqa-rad-rows.js';
import { wilsonInterval } from '../../../src/evaluation/wilson.js';
import { generateCandidates } from '../../helpers/generate-candidates.js';
import { openReplyCache } from '../../../src/generation/replies/reply-cache.js';
import { geminiProvider } from '../../../src/providers/gemini.js';
import { startTeacherServer } from '../../../src/providers/simulated/simulated-server.js';
import type { TeacherBook } from '../../../src/providers/simulated/teacher-book.js';
import { seededRandom } from '../../../src/random.js';
import { normalize } from '../../../src/reward/words/normal-text.js';
import { questionTypes, type Sample } from '../../../src/sample.js';
import { scriptLine } from '../../../src/script-line.js';

const { values } = scriptLine('test/bench/generation/report-precision.ts', {
  data: { type: 'string', default: process.env['MEDGR2_DATA'] ?? '../shared/data/vqa-rad' },
  rate: { type: 'string', default: '0.4' },
  splits: { type: 'string', default: '5' },
  json: { type: 'boolean', default: false },
});

const sampleOf = ({ qid, ...row }: VqaRadRow): Sample => ({
  ...row,
  id: qid,
  rationale: 'What is visible supports it.',
  provenance: { provider: 'seed', model: 'vqa-rad', strategy: null, promptHash: null, cycle: 0 },
  score: null,
  rewardModelVersion: null,
});

/** Whole words, as a reader finds them; yes and no name nothing. */
const names = (report: string, { answer, options }: Pick<Sample, 'answer' | 'options'>): boolean =>
  options.length === 0 && ` ${normalize(report)} `.includes(` ${normalize(answer)} `);

async function measure(rows: readonly VqaRadRow[], split: number, rate: number, dir: string) {
  const byImage = Map.groupBy(rows, ({ imageHash }) => imageHash);
  const reports = new Map<string, string>();
  const asked: Sample[] = [];
  for (const [imageHash, own] of byImage) {
    const order = seededRandom(split, 'report', imageHash).shuffle(own);
    const told = order.slice(0, Math.floor(order.length / 2)).filter(({ options }) => options.length === 0);
    reports.set(imageHash, told.map(({ answer }) => `${answer}.`).join(' '));
    asked.push(...order.slice(Math.floor(order.length / 2)).map(sampleOf));
  }
  const errorRates = { direct: rate, 'step-by-step': rate, 'meta-cognitive': rate };
  const errs = labelledTeacher({ samples: asked, seed: split, errorRates });
  const knows = labelledTeacher({ samples: asked, seed: split, errorRates: { ...errorRates, direct: 0 } });
  const book: TeacherBook = {
    reply: (request) => {
      const right = knows.reply(request);
      return right !== null && request.report !== undefined && names(request.report, right)
        ? right
        : errs.reply(request);
    },
  };
  await using server = await startTeacherServer({ book, seed: split });
  const provider = geminiProvider({ model: 'simulated', apiKey: 'none', baseUrl: server.url });
  const types = Map.groupBy(asked, ({ imageHash }) => imageHash);
  const tasks = [...types].flatMap(([imageHash, own]) => {
    const [first] = own;
    if (first === undefined) return [];
    const { image, modality } = first;
    const text = reports.get(imageHash) ?? '';
    const context = text === '' ? {} : { context: { text, maskedBy: null } };
    return questionTypes
      .filter((type) => own.some(({ questionType }) => questionType === type))
      .map((questionType) => ({ image, imageHash, modality, strategy: 'direct' as const, questionType, ...context }));
  });
  const key = new Map(asked.map(({ imageHash, question, answer }) => [`${imageHash} ${question}`, answer]));
  const precision = async (shown: boolean) => {
    using cache = openReplyCache(join(dir, `${split}-${shown}.jsonl`));
    const given = tasks.map(({ context, ...task }) => (shown && context !== undefined ? { ...task, context } : task));
    const { samples, dropped } = await generateCandidates({ tasks: given, provider, cache, cycle: 1 });
    const right = samples.filter(({ imageHash, question, answer }) => key.get(`${imageHash} ${question}`) === answer);
    const told = dropped.filter(({ reason }) => reason === 'context-told').length;
    return { right: right.length, samples: samples.length, told };
  };
  return { alone: await precision(false), report: await precision(true) };
}

const dir = await mkdtemp(join(tmpdir(), 'medgr2-report-'));
try {
  const { rows } = await readVqaRad(resolve(values.data));
  const splits = [];
  for (let split = 0; split < Number(values.splits); split++)
    splits.push(await measure(rows, split, Number(values.rate), dir));
  if (values.json) process.stdout.write(`${JSON.stringify(splits)}\n`);
  else
    for (const [split, { alone, report }] of splits.entries())
      for (const [name, { right, samples, told }] of Object.entries({ alone, report })) {
        const interval = wilsonInterval(right, samples);
        const percent = (share = 0): string => (100 * share).toFixed(1);
        process.stdout.write(
          `split ${split} ${name.padEnd(6)} ${right} of ${samples} right: ${percent(right / samples)} % (${percent(interval?.low)} to ${percent(interval?.high)}), ${told} dropped for telling of it\n`,
        );
      }
} finally {
  await rm(dir, { recursive: true, force: true });
}
