/**
 * README.md of a model: what Hugging Face reads (YAML), then what it was made from and what was measured. No sample, no
 * patient's name and no path of this machine is on it.
 */
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { stringify } from 'yaml';
import { configSchema, type Config } from '../../config/schema.js';
import { parseYaml } from '../../config/yaml-file.js';
import { wilsonInterval } from '../../evaluation/wilson.js';
import { formatNumber, markdownTable, percent, percentWithin } from '../../format.js';
import { softwareOf } from './export-run.js';
import { readLedger, stageKey, type LedgerEntry } from '../folder/ledger.js';
import { withBases } from '../folder/relocation.js';
import { modelName } from '../guards/alarm.js';
import { runResultSchema, type CycleResult, type RunResult } from './run-result.js';
import { readOrNull, readSmall, runFiles, writeWhole } from '../folder/run-folder.js';
import type { StageName } from '../stage-names.js';
import { isShipped } from '../../bridge/environment/shipped-models.js';

/** What the card says where no run tells it. */
export interface CardFacts {
  kind: 'policy' | 'reward-model';
  /** The whole model below, where no run tells what all training started from: `phantom`, a Hugging Face id, a folder. */
  base?: string | undefined;
  dtype?: string | undefined;
}

/**
 * The model card of a policy or reward model, as Markdown with a front matter.
 * @param model Folder of the model, in a run folder or anywhere: what no run tells is left out.
 */
export function modelCard(model: string, { kind, dtype, ...facts }: CardFacts): string {
  const runDir = runOf(model);
  const run = runDir === null ? null : readRun(runDir);
  const base = originOf(model, kind) ?? facts.base ?? 'not recorded';
  const phantom = isShipped(base) || run?.config?.data.source === 'phantom';
  const title = `${kind === 'policy' ? 'Policy' : 'Reward model'} ${runDir === null ? basename(resolve(model)) : 'of a run'}`;
  const front = stringify({
    ...(/^[\w.-]+\/[\w.-]+$/.test(base) ? { base_model: base } : {}),
    library_name: 'transformers',
    ...(kind === 'policy' ? { pipeline_tag: 'image-text-to-text' } : {}),
    tags: ['medical', 'visual-question-answering', 'medgr2', ...(kind === 'policy' ? [] : ['reward-model'])],
  });
  const parts = [
    `---\n${front}---\n`,
    `# ${title}\n`,
    'Made with medgr2 (the MedGR² loop). For research on models only: not for the care of a patient.\n',
    ...(phantom
      ? ['**Phantom results**: the images were drawn, and the figures are no evidence for any medical question.\n']
      : []),
    ...(run?.result ? [`${run.result.notice}\n`] : []),
    markdownTable('What it is', [
      ['', ''],
      ['base', isShipped(base) ? `the tiny ${base} base that ships with medgr2` : base],
      ...(dtype === undefined ? [] : [['number format', dtype]]),
      ...(run?.config ? settingsOf(run.config, kind) : []),
      ...(runDir === null ? [] : [['software', softwareOf(join(runDir, runFiles.environment))]]),
    ]),
    ...(runDir === null || run === null
      ? []
      : [markdownTable('Stages before it', stagesBefore(run.entries, runDir, model))]),
    ...(run?.result ? [figures(run.result, kind)] : []),
    ...(run?.result && run.result.warnings.length > 0
      ? [`## Warnings of the run\n\n${run.result.warnings.map((warning) => `- ${warning}`).join('\n')}\n`]
      : []),
    '## Use\n',
    kind === 'policy'
      ? '```python\nfrom transformers import AutoModelForImageTextToText, AutoProcessor\n\nprocessor = AutoProcessor.from_pretrained("this/folder")\nmodel = AutoModelForImageTextToText.from_pretrained("this/folder", dtype="auto")\n```\n'
      : '`medgr2 score answers.csv --reward-model this/folder`; the regression head is in reward_head.safetensors.\n',
  ];
  return withoutPlaces(parts.join('\n'), [...(runDir === null ? [] : [runDir, dirname(runDir)]), homedir()]);
}

/** What the training of a run started from; null for a model, or adapters on one, that no run made. */
function originOf(model: string, kind: CardFacts['kind']): string | null {
  const below = withBases(model).at(-1) ?? model;
  const runDir = runOf(below);
  const config = runDir === null ? null : configOf(join(runDir, runFiles.config));
  if (config === null) return null;
  const { policy, rewardModel } = config;
  const base = kind === 'policy' ? policy.base : (rewardModel.base ?? policy.base);
  return isAbsolute(base) || base.startsWith('.') ? basename(base) : base;
}

interface Run {
  config: Config | null;
  result: RunResult | null;
  entries: LedgerEntry[];
}

/** The run folder that a model lies in. */
export function runOf(model: string): string | null {
  for (let dir = dirname(resolve(model)), parent = dirname(dir); ; dir = parent, parent = dirname(dir)) {
    if (existsSync(join(dir, runFiles.ledger)) && existsSync(join(dir, runFiles.config))) return dir;
    if (parent === dir) return null;
  }
}

function readRun(runDir: string): Run {
  return {
    config: configOf(join(runDir, runFiles.config)),
    result: readOrNull(join(runDir, runFiles.result), runResultSchema),
    entries: [...readLedger(join(runDir, runFiles.ledger)).entries.values()],
  };
}

/** A card is no reason to fail: what cannot be read is left out. */
function configOf(file: string): Config | null {
  try {
    return configSchema.parse(parseYaml(readSmall(file), file));
  } catch {
    return null;
  }
}

function settingsOf(config: Config, kind: CardFacts['kind']): string[][] {
  const { policy, sft, grpo, rewardModel, generation, data, seed, cycles } = config;
  const lora = (found: { rank: number; alpha: number } | undefined): string =>
    found === undefined ? 'all weights' : `LoRA, rank ${found.rank}, alpha ${found.alpha}`;
  const { alpha, beta } = grpo.rewards;
  const own =
    kind === 'policy'
      ? [
          ['trained', `${policy.train}, ${lora(policy.lora)}`],
          ['SFT', `batch ${sft.batchSize} × ${sft.accumulation}, learning rate ${sft.learningRate}`],
          ['GRPO', `${grpo.maxSteps} steps, groups of ${grpo.numGenerations}, learning rate ${grpo.learningRate}`],
          ['rewards', `${alpha} × R_φ (${grpo.rewards.scale}) + ${beta} × right answer; KL ${grpo.klBeta}`],
        ]
      : [
          ['trained', `${rewardModel.train}, ${lora(rewardModel.lora)}`],
          ['R_φ', `${rewardModel.loss}, ${rewardModel.steps} steps, learning rate ${rewardModel.learningRate}`],
        ];
  return [
    ['data', data.source],
    ['generator', generation.provider],
    ['seed', String(seed)],
    ['cycles', String(cycles)],
    ...own,
  ];
}

const training: ReadonlySet<StageName> = new Set([
  'warm-start',
  'reward-model',
  'verdicts',
  'verdict-reward-model',
  'filter',
  'sft',
  'grpo',
]);

/** Up to the model's own, in the order they were done: their rows, and hashes of what they were made from and came to. */
function stagesBefore(entries: readonly LedgerEntry[], runDir: string, model: string): string[][] {
  const within = relative(runDir, resolve(model)).split(/[\\/]/).join('/');
  // What no stage made, as the base that goes on where all was rolled back, has none before it.
  const own = entries.findIndex(({ cycle, stage, arm }) => within.startsWith(`${stageKey(cycle, stage, arm)}/`));
  const rows = entries
    .slice(0, own + 1)
    .filter(({ stage }) => training.has(stage))
    .map(({ cycle, stage, arm, output, inputHash, fingerprint }) => [
      stageKey(cycle, stage, arm),
      rowsOf(output),
      inputHash.slice(0, 12),
      fingerprint.slice(0, 12),
    ]);
  return [['stage', 'rows', 'made from', 'content'], ...rows];
}

function rowsOf(output: unknown): string {
  const { rows, datasetSize } = (output ?? {}) as { rows?: unknown; datasetSize?: unknown };
  const found = rows ?? datasetSize;
  return typeof found === 'number' ? String(found) : '–';
}

function figures({ baseAccuracy, testQuestions, cycles, promotions }: RunResult, kind: CardFacts['kind']): string {
  const share = (value: number | null): string => {
    const interval = value === null ? null : wilsonInterval(Math.round(value * testQuestions), testQuestions);
    return percentWithin(value, interval);
  };
  if (kind === 'policy')
    return markdownTable(`Accuracy on ${testQuestions} held-out questions, with 95 % intervals`, [
      ['cycle', 'after SFT', 'after GRPO'],
      ['base', share(baseAccuracy), ''],
      ...cycles.map(({ cycle, accuracy }) => [String(cycle), share(accuracy.sft), share(accuracy.grpo)]),
    ]);
  const refused = new Set(promotions.flatMap(({ what, refused: names }) => (what === 'reward-model' ? names : [])));
  const row = (name: string, { spearman, pairwiseAccuracy, mae }: CycleResult['rewardModel'], rolledBack = false) => {
    const gone = refused.has(name) ? ' (not let through)' : rolledBack ? ' (rolled back)' : '';
    return [`${modelName(name)}${gone}`, formatNumber(spearman), percent(pairwiseAccuracy), formatNumber(mae)];
  };
  return markdownTable('On held-out graded texts', [
    ['reward model', 'ρ with the grades', 'pairs in order', 'mean error'],
    ...cycles.slice(0, 1).map(({ rewardModel }) => row('reward-model-0', rewardModel)),
    ...cycles.flatMap(({ cycle, retrainedRewardModel, rolledBack }) =>
      retrainedRewardModel === null ? [] : [row(`reward-model-${cycle}`, retrainedRewardModel, rolledBack)],
    ),
  ]);
}

/**
 * Paths of this machine are told by their last name, those within the run from its folder: folders may be named for people.
 * @param known Folders whose names may hold blanks, which no pattern finds the end of.
 */
function withoutPlaces(text: string, known: readonly string[]): string {
  const within = known.reduce(
    (found, folder) => found.replaceAll(`${folder}/`, '').replaceAll(`${folder}\\`, ''),
    text,
  );
  return within.replaceAll(
    /(?<![\w./:\\])(?:[A-Za-z]:)?[\\/](?:[^\s`'"|()\\/]+[\\/])+([^\s`'"|()\\/]+)/g,
    (_path, last: string) => last,
  );
}

/** Cards of a run's last policy and reward model: beside and not in their folders, whose content is sealed. */
export function writeCards(runDir: string, { paths }: Pick<RunResult, 'paths'>): void {
  if (paths === null) return;
  const cards = [
    ['policy', paths.policy],
    ['reward-model', paths.rewardModel],
  ] as const;
  for (const [kind, path] of cards)
    writeWhole(join(runDir, runFiles.cards, `${kind}.md`), modelCard(join(runDir, path), { kind }));
}
