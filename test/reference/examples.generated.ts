/** Written by `npm run codegen:config` from the `@example`s of TSDoc. Those that state a value run without Python. */
import assert from 'node:assert';
import { DataError, Medgr2Error, diagnose, loadConfig, openEngine, parseConfig, runLoop, runRecipe, runSeeds, type Sample } from '../../src/index.js';
import { answerMatch, answersMatch, compositeRewards, defineReward, evaluateRewards, extract, fourGrades, gradeCompletion, gradeSamples, isCorrect, isWellFormed, readLabel, rewardModelScore, ruleRewards, scaleScore, type Grader } from '../../src/public/rewards.js';
import { exportDataset, exportSource, generateAlone, importQuestions, likeImages, phantomSamples, readAnswers, readDataset, readSampleFile, splitDataset, toSamples, writeSampleFile } from '../../src/public/data.js';
import { accuracyReport, answerReport, auroc, bootstrapIntervals, classFigures, encodeLabels, majority, mcnemar, passAtK, spreadOf, transitions, type Outcome } from '../../src/public/evaluation.js';
import { mergeModel, writeReport } from '../../src/public/report.js';
import { promptStrategies, type Evaluator, type EventSink, type OwnStage, type PromptStrategy, type SampleFilter } from '../../src/public/parts.js';
import {  } from '../../src/public/review.js';

export const stated: Record<string, () => Promise<void>> = {};
export const compiled: Record<string, () => Promise<void>> = {};

compiled['loadConfig'] = async () => {
  const config = await loadConfig('mine.yaml', { set: ['cycles=2', 'grpo.numGenerations=4'] });
  const { cycles } = await runLoop(config, { runDir: 'runs/mine' });
};

stated['parseConfig'] = async () => {
  const config = parseConfig('cycles: 2', { file: 'mine.yaml' });
  assert.deepStrictEqual(config.cycles, 2);
};

stated['Medgr2Error'] = async () => {
  const error = new DataError('sample-invalid', 'Sample 3 has no image.', { remedy: 'Leave it out.', where: 'sample 3' });
  assert.deepStrictEqual(error instanceof Medgr2Error, true);
  assert.deepStrictEqual([error.name, error.code, error.exitCode], ['DataError', 'sample-invalid', 1]);
};

compiled['openEngine'] = async () => {
  await using engine = await openEngine();
  const data = await phantomSamples({ dir: 'phantoms', count: 64 });
  const job = engine.sft({ model: 'phantom', data, outDir: 'out', trl: { max_steps: 60 } });
  for await (const event of job.events) if (event.type === 'train-step') console.log(event.step, event.loss);
  const { checkpoint } = await job.result;
};

compiled['runLoop'] = async () => {
  const config = await loadConfig('mine.yaml');
  const result = await runLoop(config, {
    runDir: 'runs/mine',
    onEvent: (event) => { if (event.type === 'stage-end') console.log(event.stage, event.seconds); },
    signal: AbortSignal.timeout(3_600_000),
  });
  console.log(result.baseAccuracy, result.cycles.at(-1)?.accuracy);
};

compiled['runRecipe'] = async () => {
  const result = await runRecipe(await loadConfig('configs/ablation.yaml'), { runDir: 'runs/ablation' });
  if ('recipe' in result) for (const { label, accuracy } of result.arms) console.log(label, accuracy);
};

compiled['runSeeds'] = async () => {
  const pooled = await runSeeds(await loadConfig('configs/ablation.yaml'), [0, 1, 2], { runDir: 'runs/ablation' });
  for (const { label, accuracy } of pooled.arms) console.log(label, accuracy?.mean, accuracy?.deviation);
};

compiled['diagnose'] = async () => {
  const { healthy, checks } = await diagnose({ config: await loadConfig('mine.yaml') });
  if (!healthy) for (const { name, remedy } of checks.filter(({ status }) => status === 'failed')) console.log(name, remedy);
};

compiled['compositeRewards'] = async () => {
  compositeRewards({ alpha: 0.8, beta: 0.2, scale: 'unit' }).map(({ name, weight }) => [name, weight]); // →
  [['rewardModel', 0.8], ['answerMatch', 0.2]]
};

stated['ruleRewards'] = async () => {
  assert.deepStrictEqual(ruleRewards({ paper: 'med-r1', format: 'think-answer' }).map(({ name }) => name), ['format', 'accuracy']);
};

compiled['defineReward'] = async () => {
  const brief = defineReward({
    name: 'brief',
    weight: 0.1,
    score: (batch) => batch.map(({ completion }) => (completion.length < 400 ? 1 : 0)),
  });
};

stated['evaluateRewards'] = async () => {
  const sample = { id: '1', question: 'Which modality is this?', options: ['CT', 'MRI'], answer: 'MRI' } as Sample;
  const batch = [{ sample, completion: '<answer>B</answer>', rewardModelScore: null }];
  assert.deepStrictEqual(await evaluateRewards([answerMatch()], batch), { answerMatch: [1] });
};

stated['answerMatch'] = async () => {
  const sample = { id: '1', question: 'Is a nodule present?', options: ['yes', 'no'], answer: 'yes' } as Sample;
  const items = ['A nodule is present.', 'No nodule.'].map((completion) => ({ sample, completion, rewardModelScore: null }));
  assert.deepStrictEqual((await evaluateRewards([answerMatch()], items))['answerMatch'], [1, 0]);
};

stated['scaleScore'] = async () => {
  assert.deepStrictEqual([scaleScore(2, 'unit'), scaleScore(99, 'raw')], [0.5, 10]);
};

stated['answersMatch'] = async () => {
  assert.deepStrictEqual(answersMatch('B', 'mri', ['CT', 'MRI']), true);
};

stated['extract'] = async () => {
  assert.deepStrictEqual(extract('<think>Bright CSF.</think><answer>B</answer>', ['CT', 'MRI']), { answer: 'MRI', wellFormed: true });
  assert.deepStrictEqual(extract('It may be CT or MRI.', ['CT', 'MRI']).answer, null);
};

stated['isCorrect'] = async () => {
  assert.deepStrictEqual(isCorrect('The answer is (B).', { options: ['CT', 'MRI'], answer: 'MRI' }), true);
};

stated['readLabel'] = async () => {
  assert.deepStrictEqual(readLabel('b', ['CT', 'MRI']), { answer: 'MRI' });
};

stated['isWellFormed'] = async () => {
  assert.deepStrictEqual(isWellFormed('<think>Bright CSF.</think> <answer>MRI</answer>', 'think-answer'), true);
};

stated['gradeCompletion'] = async () => {
  assert.deepStrictEqual(gradeCompletion('<answer>MRI</answer>', { options: ['CT', 'MRI'], answer: 'MRI' }, 'answer-only'), 10);
  assert.deepStrictEqual(gradeCompletion('I think CT.', { options: ['CT', 'MRI'], answer: 'MRI' }, 'answer-only'), -6);
};

compiled['gradeSamples'] = async () => {
  const samples = await readSampleFile('seed.jsonl');
  const { train, heldOut } = await gradeSamples(samples, { seed: 0, heldOut: 0.2 });
  console.log(train.length, heldOut.length);
};

compiled['gradeSamples'] = async () => {
  const samples = await readSampleFile('seed.jsonl');
  const { train, heldOut } = await gradeSamples(samples, { heldOut: 0.2, grader: fourGrades({ mismatches: 3 }) });
  console.log(train.length, heldOut.length);
};

compiled['Grader'] = async () => {
  const four = fourGrades();
  const terse: Grader = {
    name: 'terse',
    version: '1',
    grade: (sample, context) => [
      ...four.grade(sample, context),
      { kind: 'terse', grade: 3, response: `<answer>${sample.answer}</answer>` },
    ],
  };
};

stated['phantomSamples'] = async () => {
  const samples = await phantomSamples({ dir: 'phantoms', count: 4 });
  assert.deepStrictEqual(samples.length, 4);
};

stated['toSamples'] = async () => {
  const [sample] = await toSamples([{ image: 'scan.png', question: 'Which modality is this?', options: ['CT', 'MRI'],
  answer: 'CT' }]);
  assert.deepStrictEqual([sample?.id, sample?.modality, sample?.provenance.provider], ['1', 'unknown', 'seed']);
};

compiled['readAnswers'] = async () => {
  await using engine = await openEngine();
  const data = [{ image: 'scan.png', question: 'Which modality is this?', options: ['CT', 'MRI'] }];
  const { answers } = await engine.evaluate({ model: 'phantom', data, outDir: 'out', maxNewTokens: 64 });
  for await (const { id, text } of answers) console.log(id, text); // one at a time
  const [first] = await readAnswers(answers); // all of them
  console.log(first?.responses[0]?.logLikelihood);
};

stated['readSampleFile'] = async () => {
  const [sample] = await toSamples([{ image: 'scan.png', question: 'Is it grey?', options: ['yes', 'no'], answer: 'yes' }]);
  await writeSampleFile('samples.jsonl', [sample as Sample]);
  assert.deepStrictEqual((await readSampleFile('samples.jsonl'))[0]?.answer, 'yes');
};

compiled['importQuestions'] = async () => {
  const { info, rejected } = await importQuestions('csv', { path: 'questions.csv', out: 'data/mine', map: { answer: 'label'
  } });
  console.log(info.counts.samples, rejected.map(({ line, reason }) => `${line}: ${reason}`));
};

compiled['splitDataset'] = async () => {
  const dataset = await readDataset('data/mine');
  const alike = await likeImages(dataset.images);
  const [seed, test] = splitDataset(dataset, [{ name: 'seed', share: 0.6 }, { name: 'test', share: 0.4 }], 0, alike);
  console.log(seed?.samples.length, test?.samples.length);
};

compiled['exportDataset'] = async () => {
  await exportDataset(await exportSource('runs/mine'), { out: 'hub/mine', images: 'embed' });
};

compiled['generateAlone'] = async () => {
  const config = await loadConfig('mine.yaml');
  const { samples } = await generateAlone(config, { images: 'scans', modality: 'MRI' }, { runDir: 'runs/generated' });
};

stated['answerReport'] = async () => {
  const asked = { options: ['CT', 'MRI'], modality: 'CT', questionType: 'modality recognition', dataset: 'mine' };
  const rows = [{ ...asked, answer: 'CT', completion: 'A' }, { ...asked, answer: 'MRI', completion: 'none of them' }];
  const { accuracy, unparsed } = answerReport(rows, { resamples: 0 });
  assert.deepStrictEqual([accuracy, unparsed], [0.5, 1]);
};

stated['accuracyReport'] = async () => {
  const right = { modality: 'CT', questionType: 'disease diagnosis', correct: true, unparsed: false } as const;
  assert.deepStrictEqual(accuracyReport([right, { ...right, correct: false }]).accuracy, 0.5);
};

stated['auroc'] = async () => {
  assert.deepStrictEqual(auroc([0.9, 0.4, 0.6], [true, false, true]), 1);
};

stated['bootstrapIntervals'] = async () => {
  const right = [1, 1, 0, 1];
  const mean = (rows: Int32Array): number => rows.reduce((sum, row) => sum + (right[row] ?? 0), 0) / rows.length;
  const { accuracy } = bootstrapIntervals(right.length, (rows) => ({ accuracy: mean(rows) }), { seed: 0 });
  assert.deepStrictEqual(accuracy !== null && accuracy.low < 0.75 && accuracy.high > 0.75, true);
};

stated['classFigures'] = async () => {
  assert.deepStrictEqual(classFigures(encodeLabels(['a', 'a', 'b'], ['a', null, 'b'])).balancedAccuracy, 0.75);
};

stated['mcnemar'] = async () => {
  assert.deepStrictEqual(mcnemar([true, false, true], [true, true, true]), { onlyFirst: 0, onlySecond: 1, pValue: 1 });
};

stated['spreadOf'] = async () => {
  assert.deepStrictEqual(spreadOf([0.5, 0.75, null])?.mean, 0.625);
};

stated['transitions'] = async () => {
  const answered = (correct: boolean): Outcome => ({ id: '1', correct, modality: 'CT', questionType: 'disease diagnosis' });
  const flows = transitions({ name: 'base', outcomes: [answered(false)] }, { name: 'sft', outcomes: [answered(true)] });
  assert.deepStrictEqual(flows.overall.wrongToCorrect, 1);
};

stated['majority'] = async () => {
  assert.deepStrictEqual(majority([{ answer: 'CT', correct: true }, { answer: 'CT', correct: true }, { answer: 'MRI', correct: false }]), 1);
};

stated['passAtK'] = async () => {
  assert.deepStrictEqual(passAtK(4, 1, 2), 0.5);
};

compiled['writeReport'] = async () => {
  const { file } = await writeReport(['runs/mine'], { images: false });
  console.log(file);
};

compiled['mergeModel'] = async () => {
  await using engine = await openEngine();
  await mergeModel(engine, { model: 'runs/mine/cycle-3/grpo/model', out: 'hub/policy' });
};

compiled['EventSink'] = async () => {
  const log: EventSink = { name: 'log', version: '1', event: ({ type, time }) => console.log(time, type) };
};

compiled['OwnStage'] = async () => {
  const lint: OwnStage = {
    name: 'lint',
    version: '1',
    after: 'generate',
    run: async ({ samples }) => ({ samples: (await samples()).filter(({ rationale }) => rationale !== '') }),
  };
};

compiled['SampleFilter'] = async () => {
  const short: SampleFilter = { name: 'short', version: '1', accept: ({ question }) => question.length < 200 };
};

compiled['PromptStrategy'] = async () => {
  const sceptic: PromptStrategy = {
    name: 'sceptic',
    version: '1',
    prompt: (request) => {
      const { system, ...rest } = promptStrategies.direct.prompt(request);
      return { ...rest, system: `${system}\nAsk only what you would bet on.` };
    },
  };
};

compiled['Evaluator'] = async () => {
  const verbatim: Evaluator = {
    name: 'verbatim',
    version: '1',
    judge: (answers) =>
      answers.map(({ sample, completion }) => ({ predicted: completion, correct: completion.includes(sample.answer) })),
  };
};
