/** `medgr2 plan`. */
import { InvalidArgumentError } from 'commander';
import { collect, example, type Declare } from './declare-command.js';

interface PlanFlags {
  set: string[];
  gpu: string;
  gpus: number;
  accepted: number;
  json?: boolean;
}

export const declarePlan: Declare = (program, io) => {
  program
    .command('plan <config>')
    .description('check a configuration and say what its run will take: requests, tokens, cost, memory, time, disk')
    .option('--gpu <name>', 'GPU to estimate for: L40, L4, RTX-4090, A100-40GB, A100-80GB, H100 or H200', 'L40')
    .option('--gpus <count>', 'GPUs that share the work', atLeast(1), 1)
    .option('--accepted <share>', 'share of the candidates that the filter is assumed to keep', share, 0.5)
    .option('--set <key=value>', 'change a setting; can be given several times', collect, [])
    .option('--json', 'print one JSON object on stdout, and nothing else')
    .addHelpText(
      'after',
      example('plan configs/paper.yaml', 'plan my.yaml --gpu H100 --gpus 4 --set grpo.batchSize=16'),
    )
    .action(async (config: string, { json, ...flags }: PlanFlags) => {
      const { planCommand } = await import('../commands/plan-command.js');
      await planCommand({ config, ...flags, json: json === true }, io);
    });
};

const atLeast =
  (least: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < least)
      throw new InvalidArgumentError(`Expected a whole number from ${least}.`);
    return value;
  };

function share(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 1)) throw new InvalidArgumentError('Expected a number above 0 and up to 1.');
  return value;
}
