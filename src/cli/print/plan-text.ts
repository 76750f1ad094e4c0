/** A plan as a person reads it. */
import { wordsOf } from '../../loop/stage-names.js';
import { medgr2 } from '../../called-as.js';
import type { Config } from '../../config/schema.js';
import { armsOf, type ComparisonRecipe } from '../../loop/comparison/arm-plan.js';
import type { AskedPlan, JobMemory, Plan, PlanOptions, StageEstimate } from '../../loop/estimate/plan-types.js';
import { fixed, formatMoney, formatTable, percent } from '../../format.js';

export function planText(config: Config, plan: Plan, options: PlanOptions): string {
  const sections: (readonly [string, string])[] = [
    ...(config.recipe.kind === 'loop'
      ? ([['Stages', stageTable(config, plan)]] as const)
      : ([['Arms', armTable(config, config.recipe, plan)]] as const)),
    [
      'Generator',
      plan.samples.requests === 0
        ? 'nothing is asked of a generator'
        : askedText(plan.generator, plan.samples.requests, config.generation.provider),
    ],
    ['Judge', plan.judge === null ? '' : askedText(plan.judge, plan.judge.requests, config.verify.provider)],
    ['Images', imagesText(plan)],
    ['Memory', memoryText(plan, options)],
    ['Time', timeText(plan, options)],
    ['Disk', diskText(plan)],
    ['Assumed', assumedText(plan, options)],
    ['Note', plan.notes.map((note) => `- ${note}`).join('\n')],
    [`Missing before \`${medgr2} run\``, plan.missing.map((line) => `- ${line}`).join('\n')],
  ];
  return sections.flatMap(([title, text]) => (text === '' ? [] : [`${title}\n${indent(text)}`])).join('\n\n');
}

const indent = (text: string): string => text.replaceAll(/^(?=.)/gm, '  ');

/** The first cycle whole, and of the last what differs: D_gen has grown by then. */
function stageTable(config: Config, { stages, samples }: Plan): string {
  const first = stages.filter(({ cycle }) => cycle === 1);
  const grown = ({ cycle, stage, items }: StageEstimate): boolean =>
    cycle > 1 && cycle === config.cycles && first.find((other) => other.stage === stage)?.items !== items;
  const shown = stages.filter((stage) => stage.cycle <= 1 || grown(stage));
  const table = stagesTable(
    'stage',
    shown.map((stage) => [`${placeOf(stage)}  ${wordsOf(stage.stage).name}`, stage]),
  );
  const between = config.cycles > 2 && shown.some(grown) ? '; cycles in between lie in between' : '';
  const others = config.cycles > 1 ? `\nwhat is not named again is alike in all cycles${between}` : '';
  return (
    `${table}${others}\n${thousands(samples.requests)} samples asked for, ${thousands(samples.accepted)} kept if the filter ` +
    `keeps the share assumed below; D_gen ends with ${thousands(samples.datasetSize)}`
  );
}

const placeOf = ({ cycle }: StageEstimate): string => (cycle === 0 ? 'start' : `cycle ${cycle}`);

/** Stages by the names that a table gives them. No column of GPU time where none of them can be estimated. */
function stagesTable(head: string, rows: readonly (readonly [name: string, stage: StageEstimate])[]): string {
  const isTimed = rows.some(([, { gpuSeconds }]) => gpuSeconds !== null);
  return formatTable([
    [head, 'items', 'steps', isTimed ? 'one GPU' : ''],
    ...rows.map(([name, { items, unit, steps, gpuSeconds }]) => [
      name,
      `${thousands(items)} ${unit}`,
      steps === null ? '' : `${thousands(steps)} steps`,
      gpuSeconds === null ? '' : inHours(gpuSeconds / 3600),
    ]),
  ]);
}

/** What arms share, then each arm with what it makes itself; an arm without a row of its own uses what another made. */
function armTable(config: Config, recipe: ComparisonRecipe, { stages }: Plan): string {
  const names = armsOf(config, recipe).map(({ name }) => name);
  const width = Math.max(...names.map(({ length }) => length), 'shared'.length);
  const rowsOf = (name: string | undefined): (readonly [string, StageEstimate])[] =>
    stages
      .filter(({ arm }) => arm === name)
      .map((stage, index) => {
        const arm = index === 0 ? (name ?? 'shared') : '';
        const cycle = stage.cycle > 1 ? ` of ${placeOf(stage)}` : '';
        return [`${arm.padEnd(width)}  ${wordsOf(stage.stage).name}${cycle}`, stage];
      });
  const count = (wanted: (stage: string) => boolean): number => stages.filter(({ stage }) => wanted(stage)).length;
  const tests = stages.filter(({ stage }) => stage.startsWith('evaluate'));
  const questions = tests[0]?.items ?? 0;
  return (
    `${stagesTable(`${'arm'.padEnd(width)}  stage`, [undefined, ...names].flatMap(rowsOf))}\n` +
    `${names.length} arms, ${stages.length} stages; trained: ${count((stage) => stage === 'sft')} by SFT, ${count((stage) => stage === 'grpo')} by GRPO, ` +
    `reward models: ${count((stage) => stage === 'reward-model')}; ${tests.length} tests of ${thousands(questions)} questions\n` +
    `what several arms need is made once; one domain's samples are counted as an equal share of all`
  );
}

function askedText(asked: AskedPlan, requests: number, provider: Config['generation']['provider']): string {
  const { name, inputTokens, outputTokens, cost, highestCost, currency, hours } = asked;
  const tokens = `${name}: ${thousands(requests)} requests, ${millions(inputTokens)} tokens in, ${millions(outputTokens)} out`;
  if (provider === 'local')
    return `${tokens}; runs on this machine, no image leaves it${hours === null ? '' : `; about ${inHours(hours)} of one GPU`}`;
  if (cost === 0) return `${tokens}; costs nothing`;
  const waiting = hours === null ? '; in batches, within a day a cycle' : `; about ${inHours(hours)} of waiting`;
  if (cost === null || highestCost === null) return `${tokens}\nno price is known for this model${waiting}`;
  return `${tokens}\nabout ${formatMoney(cost, currency)}, at most ${formatMoney(highestCost, currency)} if every reply were as long as it may be${waiting}`;
}

function imagesText({ images }: Plan): string {
  const { measured, perImage, largest, rule, perSequence } = images;
  const source = measured > 0 ? `${measured} measured` : 'none could be measured, so the size below is assumed';
  return (
    `${fixed(perImage, 0)} tokens an image, ${largest} the largest (${source}); ${rule}\n` +
    `${fixed(perSequence, 0)} tokens a training sequence: image, question and response`
  );
}

function memoryText({ memory }: Plan, { device }: PlanOptions): string {
  if (memory === null) return '';
  const line = ({ job, loraRank, batch, estimate, fits }: JobMemory): string[] => [
    job,
    loraRank === null ? 'all weights' : `LoRA ${loraRank}`,
    String(batch),
    ...[
      estimate.weights,
      estimate.gradients + estimate.optimizer,
      estimate.activations + estimate.logits,
      estimate.cache,
      estimate.otherModels,
      estimate.total,
    ].map(gib),
    fits ? 'fits' : 'TOO LARGE',
  ];
  const head = [
    'GiB',
    'trained',
    'batch',
    'weights',
    'training',
    'batch',
    'cache',
    'others',
    'total',
    `${device.name} ${fixed(device.memoryGiB, 0)}`,
  ];
  return `${formatTable([head, ...memory.map(line)])}\nprecision ${memory[0]?.precision ?? ''}; training: gradients and AdamW; others: reward model and reference in GRPO`;
}

function timeText({ gpu }: Plan, { device, deviceCount }: PlanOptions): string {
  if (gpu === null) return '';
  const shared =
    deviceCount === 1 ? '' : `, ${inHours(gpu.wallHours)} on ${deviceCount} if they shared the work without loss`;
  return `about ${inHours(gpu.hours)} of one ${device.name}${shared}`;
}

function diskText({ disk }: Plan): string {
  const { models, checkpoints, data, total } = disk;
  return `about ${gib(total)} GiB: ${gib(models)} models, ${gib(checkpoints)} checkpoints, ${gib(data)} replies and tables (images stay where they are)`;
}

function assumedText({ gpu, images, judge }: Plan, { assumptions, device }: PlanOptions): string {
  const { acceptedShare, replyTokens, requestSeconds, charactersPerToken, efficiency, decodeLayerSeconds, image } =
    assumptions;
  return [
    `- the filter keeps ${percent(acceptedShare, 0)} of the candidates (--accepted)`,
    `- a reply has ${replyTokens} tokens, a token ${charactersPerToken} characters; a request takes ${requestSeconds} s`,
    ...(judge === null
      ? []
      : [
          `- a verdict has ${assumptions.verdictTokens} tokens, the sample that it is about ${assumptions.judgedTokens}`,
        ]),
    ...(images.measured > 0 ? [] : [`- images of ${image.width} x ${image.height} pixels`]),
    ...(gpu === null
      ? []
      : [
          `- ${device.name}: ${device.teraflops} TFLOP/s in bfloat16, of which ${percent(efficiency, 0)} are reached; ${device.bandwidth} GB/s; ` +
            `${1000 * decodeLayerSeconds} ms a layer and token when completing; completions as long as allowed`,
        ]),
  ].join('\n');
}

const thousands = (count: number): string => count.toLocaleString('en-US');
const millions = (count: number): string => `${fixed(count / 1e6, count < 1e7 ? 2 : 0)} M`;
const gib = (bytes: number): string => fixed(bytes / 2 ** 30, bytes < 10 * 2 ** 30 ? 1 : 0);

function inHours(value: number): string {
  if (value >= 10) return `${thousands(Math.round(value))} h`;
  return value >= 1 ? `${fixed(value, 1)} h` : `${Math.max(1, Math.round(60 * value))} min`;
}
