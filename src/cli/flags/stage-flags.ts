/** `medgr2 generate`, `score`, `sft`, `grpo` and `train-reward`: stages of the loop on files of one's own. */
import { Option, type Command } from 'commander';
import { modalities } from '../../sample.js';
import type { GenerateFlags, GrpoFlags, PolicyFlags, ScoreFlags } from '../commands/stage-command.js';
import { collect, example, redoWords, versionWords, type Declare } from './declare-command.js';

const load = () => import('../commands/stage-command.js');

export const declareGenerate: Declare = (program, io) => {
  withStageOptions(program.command('generate [images]'))
    .description('let the generator write samples about a folder of images, or about the pool of the configuration')
    .addOption(new Option('--modality <name>', 'of the images in the folder').choices(modalities))
    .option('--out <file>', 'also write the samples there, as .parquet or .jsonl')
    .addHelpText(
      'after',
      example('generate scans --config my.yaml --out candidates.jsonl', 'generate --config configs/demo.yaml'),
    )
    .action(async (images: string | undefined, flags: GenerateFlags) =>
      (await load()).generateCommand(images ?? null, flags, io),
    );
};

export const declareScore: Declare = (program, io) => {
  withStageOptions(program.command('score <samples>'))
    .description('let a reward model score samples (Parquet, JSONL or a dataset folder)')
    .requiredOption('--reward-model <folder>', 'the reward model')
    .option('--image-root <folder>', 'where relative image names start')
    .option('--out <file>', 'also write the scored samples there, as .parquet or .jsonl')
    .addHelpText(
      'after',
      example('score candidates.jsonl --reward-model runs/demo-0/cycle-0/reward-model/model --out scored.jsonl'),
    )
    .action(async (file: string, flags: ScoreFlags) => (await load()).scoreCommand(file, flags, io));
};

export const declareSft: Declare = (program, io) => {
  withStageOptions(program.command('sft <samples>'))
    .description('train a model on samples by SFT, with the settings sft and policy of the configuration')
    .option('--model <model>', 'model to start from (default: policy.base)')
    .option('--image-root <folder>', 'where relative image names start')
    .addHelpText('after', example('sft runs/demo-0/dataset/d-gen.parquet --set sft.maxSteps=20'))
    .action(async (file: string, flags: PolicyFlags) => (await load()).sftCommand(file, flags, io));
};

export const declareGrpo: Declare = (program, io) => {
  withStageOptions(program.command('grpo <samples>'))
    .description('train a model by GRPO against a reward model and the samples’ answers')
    .requiredOption('--reward-model <folder>', 'the reward model')
    .option('--model <model>', 'model to start from, as a rule one after SFT (default: policy.base)')
    .option(
      '--learned <samples>',
      'what SFT learned: grpo.prompts says what of <samples> is asked beside or instead of it',
    )
    .option('--held-out <samples>', 'samples whose images are not asked about')
    .option('--image-root <folder>', 'where relative image names start')
    .addHelpText(
      'after',
      example(
        'grpo d-gen.parquet --model runs/sft-d-gen-0/cycle-1/sft/model --reward-model rewards/model',
        'grpo scored.parquet --learned d-gen.parquet --set grpo.prompts=fresh --model SFT --reward-model REWARD',
      ),
    )
    .action(async (file: string, flags: GrpoFlags) => (await load()).grpoCommand(file, flags, io));
};

export const declareTrainReward: Declare = (program, io) => {
  withStageOptions(program.command('train-reward <samples>'))
    .description('grade trusted samples, train a reward model on them, and set the threshold τ on those held out')
    .option('--model <model>', 'model to start from (default: rewardModel.base, else policy.base)')
    .option('--image-root <folder>', 'where relative image names start')
    .addHelpText('after', example('train-reward data/parts/seed --config my.yaml'))
    .action(async (file: string, flags: PolicyFlags) => (await load()).trainRewardCommand(file, flags, io));
};

function withStageOptions(command: Command): Command {
  return command
    .option('--config <file>', 'configuration whose settings count (default: the defaults)')
    .option('--set <key=value>', 'change a setting; can be given several times', collect, [])
    .option('--run-dir <folder>', 'folder of the run, continued where it was stopped (default: below runs/)')
    .option('--redo', redoWords)
    .option('--allow-version-change', versionWords)
    .option('--json', 'print events as JSON lines on stdout, and nothing else');
}
