/** The runs that faults are injected into: the smoke loop at its shortest, deterministic by one thread, in three configurations. */

/** `full` trains all weights, `lora` adapters; `files` reads dataset folders and a base folder, and asks a server outside. */
export const configurationNames = ['full', 'lora', 'files'] as const;
export type ConfigurationName = (typeof configurationNames)[number];

/** Where a run's inputs lie that are not in its folder; only `files` has any. */
export interface Inputs {
  /** Folder that holds `seed`, `test`, `pool` and `base`. */
  dir: string;
  /** Of the server that writes samples. */
  url: string;
}

const short = [
  'generation.imagesPerCycle=4',
  'generation.concurrency=2',
  'rewardModel.batchSize=8',
  'rewardModel.steps=4',
  'rewardModel.retrainSteps=2',
  'rewardModel.saveSteps=2',
  'rewardModel.loggingSteps=2',
  'sft.maxSteps=4',
  'sft.batchSize=4',
  'sft.saveSteps=2',
  'sft.loggingSteps=2',
  'grpo.batchSize=4',
  'grpo.numGenerations=2',
  'grpo.maxCompletionLength=24',
  'preferences.prompts=4',
  'evaluation.maxNewTokens=24',
];
const drawn = ['data.seed=12', 'data.test=8', 'data.pool=4'];
const lora = ['policy.lora.rank=4', 'sft.learningRate=2.0e-3', 'generation.teacher.protocol=openai'];

/** What follows `medgr2 run`, but for `--run-dir`. */
export function commandOf(name: ConfigurationName, inputs: Inputs): string[] {
  const settings = {
    full: [...short, ...drawn],
    lora: [...short, ...drawn, ...lora],
    files: [...short, ...filesSettings(inputs)],
  }[name];
  return ['run', 'configs/smoke.yaml', '--json', ...settings.flatMap((set) => ['--set', set])];
}

/** The name of the environment variable that the outside server's key stands in. */
export const keyVariable = 'MEDGR2_FAULTS_KEY';

function filesSettings({ dir, url }: Inputs): string[] {
  const server = JSON.stringify({
    model: 'outside-model',
    baseUrl: `${url}/v1`,
    apiKeyEnv: keyVariable,
    // A server that hangs is cut after this.
    timeoutSeconds: 3,
  });
  return [
    `data={source: files, seed: ${dir}/seed, test: ${dir}/test, pool: ${dir}/pool}`,
    `policy.base=${dir}/base`,
    'generation.provider=openai',
    `generation.openai=${server}`,
  ];
}
