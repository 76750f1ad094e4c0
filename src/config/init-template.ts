/** The commented configuration that `medgr2 init` writes. Pure: answers in, YAML text out; a test loads every kind of it. */
import { medgr2 } from '../called-as.js';
import type { Modality } from '../sample.js';

/** A person's own images, and where their trusted questions will lie once imported and split. */
export interface OwnImages {
  kind: 'images';
  /** Folder of images, as the configuration's folder sees it. */
  pool: string;
  modality: Modality;
  /** Images in the folder. */
  count: number;
  seed: string;
  test: string;
  /** The pool is a part of labelled images, whose modality and answered questions are known. */
  labelled: boolean;
}

export interface TemplateAnswers {
  data: { kind: 'phantom' } | OwnImages;
  generator: GeneratorAnswers;
  /** `phantom`, a model folder or a Hugging Face id. */
  base: string;
  /** Reports beside the images, and why they may leave, masked; a null reason keeps them here. Null where there are none. */
  texts: { reason: string | null } | null;
}

export type GeneratorAnswers =
  | { provider: 'simulated' }
  | { provider: 'gemini'; model: string; reason: string }
  /** `reason` is null where the server is on this machine. */
  | { provider: 'openai'; model: string; baseUrl: string; keyVariable: string | null; reason: string | null }
  | { provider: 'local'; model: string };

/** @param reference Folder of the package's configurations, as the file that is written sees it: schema and page of settings. */
export function configTemplate(answers: TemplateAnswers, reference: string): string {
  return [
    `# yaml-language-server: $schema=${reference}/schema.json`,
    `# A run of medgr2. \`${medgr2} plan\` on this file says what it takes, \`doctor\` whether this machine has it.`,
    `# What is left out has a default: ${reference}/README.md lists every setting with its meaning.`,
    'seed: 0 # every random choice comes from it',
    `cycles: ${cyclesOf(answers.data)} # turns of the loop; can be raised later, finished ones are kept`,
    '',
    ...dataLines(answers),
    '',
    ...generationLines(answers),
    '',
    ...(answers.base === 'phantom' ? tinyLines(answers) : modelLines(answers.base)),
    '',
  ].join('\n');
}

/** Few images are soon asked about; then further cycles would repeat them. */
const cyclesOf = (data: TemplateAnswers['data']): number => (data.kind === 'images' && data.count < 30 ? 1 : 3);

function imagesPerCycle({ data }: TemplateAnswers): number {
  if (data.kind === 'phantom') return 300;
  return Math.max(1, Math.min(1000, Math.floor(data.count / cyclesOf(data))));
}

function dataLines({ data, base }: TemplateAnswers): string[] {
  if (data.kind === 'phantom')
    return [
      'data:',
      '  source: phantom # drawn images whose truth is known: no medical evidence',
      '  seed: 600 # trusted samples that the reward model learns from',
      '  test: 480 # held-out questions that every model is measured on',
      '  pool: 900 # images that the generator is asked about',
    ];
  return [
    'data:',
    '  source: files',
    `  pool: ${quoted(data.pool)} # ${data.labelled ? 'about ' : ''}${data.count} images that the generator writes questions about`,
    ...(data.labelled ? [] : [`  modality: ${data.modality}`]),
    `  seed: ${quoted(data.seed)} # trusted questions and answers: the reward model learns from them`,
    `  test: ${quoted(data.test)} # held-out ones: every model is measured on them, none is trained on them`,
    // A thousand test questions take longer than a tiny model learns, and say no more of it.
    ...(base === 'phantom'
      ? ['  seedLimit: 500 # at most, so that a first run is short; without the lines all count', '  testLimit: 300']
      : []),
  ];
}

function generationLines(answers: TemplateAnswers): string[] {
  const { generator } = answers;
  const common = [
    '  strategies: [meta-cognitive] # or direct, step-by-step; several ask about each image several times',
    '  # questionTypes: [disease diagnosis] # of the five, those that are wanted; all when left out',
    `  imagesPerCycle: ${imagesPerCycle(answers)}`,
  ];
  return [
    'generation:',
    ...providerLines(generator, answers.data),
    ...common,
    ...updateLines(generator),
    ...egressLines(generator, answers.texts),
  ];
}

function providerLines(generator: GeneratorAnswers, data: TemplateAnswers['data']): string[] {
  switch (generator.provider) {
    case 'simulated':
      return [
        '  provider: simulated # a teacher on this machine that knows the truth and errs at known rates',
        ...(data.kind === 'images'
          ? [
              "  teacher: { errorRate: 0.4 } # it answers from the pool's own labels, wrong so often: to try the loop for nothing",
            ]
          : []),
      ];
    case 'gemini':
      return [
        '  provider: gemini # the key is read from GEMINI_API_KEY and stands in no file',
        `  gemini: { model: ${quoted(generator.model)} }`,
      ];
    case 'openai':
      return [
        "  provider: openai # any server that speaks OpenAI's API: vLLM, SGLang, Ollama, OpenAI",
        '  openai:',
        `    model: ${quoted(generator.model)} # as the server names it`,
        `    baseUrl: ${quoted(generator.baseUrl)}`,
        ...(generator.keyVariable === null
          ? []
          : [`    apiKeyEnv: ${generator.keyVariable} # the variable that holds the key; the key stands in no file`]),
        '    structuredOutput: json-schema # json-object or none for servers that can do less',
      ];
    case 'local':
      return [
        '  provider: local # a job on this machine: no image leaves it',
        '  local:',
        `    model: ${quoted(generator.model)}`,
        ...(generator.model === 'phantom'
          ? [
              '    maxPixels: 7056 # 84 x 84: what the tiny model was made for',
              '    warmStartSteps: 300 # it never saw JSON: the trusted samples teach it the form, if they are few and alike',
            ]
          : [
              '    maxPixels: 401408 # 512 tokens an image',
              '    warmStartSteps: 0 # for a model that does not write JSON: steps on the trusted samples, which teach the form',
              '    lora: { rank: 16, alpha: 32 } # for its own training, below',
            ]),
      ];
  }
}

/** Only weights that are here can be trained. */
function updateLines(generator: GeneratorAnswers): string[] {
  if (generator.provider !== 'local') return [];
  return [
    '',
    '# After each cycle the generator learns from what was accepted. `exemplars` instead of `sft` only shows it the best.',
    'generatorUpdate:',
    '  method: sft',
    generator.model === 'phantom'
      ? '  sft: { maxSteps: 2, batchSize: 1, learningRate: 5.0e-3, trl: { warmup_steps: 8, adam_beta2: 0.95 } }'
      : '  sft: { epochs: 1, batchSize: 4, accumulation: 4, learningRate: 1.0e-4 }',
  ];
}

function egressLines(generator: GeneratorAnswers, texts: TemplateAnswers['texts']): string[] {
  const reason = 'reason' in generator ? generator.reason : null;
  if (reason === null) return [];
  return [
    '',
    '# Images are sent to the provider. Nothing is sent without both lines.',
    'egress:',
    '  allow: true',
    `  reason: ${quoted(reason)}`,
    ...(texts === null
      ? []
      : texts.reason === null
        ? ['  # text: { allow: true, reason: … } # reports stay here without this line; with it they go, masked']
        : [`  text: { allow: true, reason: ${JSON.stringify(texts.reason)} } # reports go, too, masked`]),
  ];
}

/** Sized for minutes on a CPU. */
function tinyLines({ data }: TemplateAnswers): string[] {
  return [
    'policy:',
    '  base: phantom # 1.9 M parameters, ships with medgr2; learns the mechanics, not medicine',
    ...(data.kind === 'images' ? ['  maxPixels: 7056 # 84 x 84: what the tiny model was made for'] : []),
    '',
    'rewardModel: { warmStartSteps: 120, steps: 200, learningRate: 5.0e-4, retrainSteps: 50 }',
    '',
    'filter:',
    `  threshold: { precision: ${data.kind === 'images' ? 0.6 : 0.95} } # keep candidates above the score that reaches it on held-out texts`,
    '',
    // Words that the tiny model never saw take it longer; then GRPO at its usual rate would unlearn them (configs/blood-cells.yaml).
    ...(data.kind === 'images'
      ? [
          'sft: { maxSteps: 300, batchSize: 16, learningRate: 1.0e-3 }',
          '',
          'grpo: { maxSteps: 16, numGenerations: 8, batchSize: 32, learningRate: 2.0e-5 }',
        ]
      : [
          'sft: { maxSteps: 100, batchSize: 32, learningRate: 8.0e-4 }',
          '',
          'grpo: { maxSteps: 50, numGenerations: 8, batchSize: 32, learningRate: 1.0e-4 }',
        ]),
  ];
}

/** Sized for one GPU of 48 GB and a model of up to 7B; `plan` says what another one needs. */
function modelLines(base: string): string[] {
  return [
    'policy:',
    `  base: ${quoted(base)}`,
    '  maxPixels: 401408 # 512 tokens an image; more see finer detail and cost memory',
    '  instruction: think # reasoning first, then the answer',
    '  lora: { rank: 16, alpha: 32 } # adapters; leave the line out to train every weight',
    '',
    'rewardModel:',
    ...(/qwen2\.5-vl-7b/i.test(base)
      ? ['  base: Qwen/Qwen2.5-VL-3B-Instruct # smaller than the policy, as in MedGR²']
      : []),
    '  steps: 1000',
    '  batchSize: 2',
    '  learningRate: 1.0e-5',
    '  retrainSteps: 400',
    '  scoreBatchSize: 16',
    '',
    'filter:',
    '  threshold: { precision: 0.95 } # keep candidates above the score that reaches it on held-out texts',
    '',
    'sft: { epochs: 1, batchSize: 4, accumulation: 8, learningRate: 1.0e-4 }',
    '',
    'grpo:',
    '  maxSteps: 300',
    '  numGenerations: 4',
    '  batchSize: 8',
    '  accumulation: 4',
    '  maxCompletionLength: 256',
    '  learningRate: 1.0e-6',
    '',
    'evaluation: { maxNewTokens: 256, batchSize: 32 }',
    '',
    'guards: { onAlarm: stop } # what an alarm does: end the run before more is spent; or warn, or rollback',
  ];
}

/** JSON's strings are YAML's. */
const quoted = (text: string): string => (/^[A-Za-z0-9./_][A-Za-z0-9./_-]*$/.test(text) ? text : JSON.stringify(text));
