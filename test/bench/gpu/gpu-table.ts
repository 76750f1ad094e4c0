/** The table of `gpu-check` with what `plan` foresees for the 3B shape. */
import { parseConfig } from '../../../src/config/load.js';
import { defaultAssumptions, devices } from '../../../src/loop/estimate/assumptions.js';
import { planRun } from '../../../src/loop/estimate/estimate-run.js';
import { findFacts } from '../../../src/loop/estimate/plan-facts.js';

export interface Measured {
  device: string;
  versions: Record<string, string>;
  rows: { shape: string; case: string; batch: number; completion: number }[];
  head: string[];
  cells: string[][];
}

/** Beside this script; null where no GPU was measured. */
export const gpuFile = (device: string): string | null =>
  device.startsWith('CPU') ? null : `gpu-${device.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}.md`;

export async function tableOf({ device, versions, rows, head, cells }: Measured): Promise<string> {
  const at = head.indexOf('peak GiB') + 1;
  const planned = await Promise.all(rows.map(plannedPeak));
  const lines = [head, head.map(() => '---'), ...cells].map((line, index) => {
    const added = ['plan GiB', '---', ...planned][index] ?? '';
    return `| ${[...line.slice(0, at), added, ...line.slice(at)].join(' | ')} |`;
  });
  const about = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `${device}; ${about.join(', ')}\n\n${lines.join('\n')}\n`;
}

/** What `medgr2 plan` says for the same job of a run's configuration; empty where it plans no such job. */
async function plannedPeak({ shape, case: name, batch, completion }: Measured['rows'][number]): Promise<string> {
  const [, job, way] = /^(sft|grpo|reward-model)-(lora|full)$/.exec(name) ?? [];
  if (job === undefined || !shape.startsWith('3B')) return '';
  const lora = way === 'lora' ? 'lora: { rank: 16 }' : '';
  const config = parseConfig(
    `policy: { base: Qwen/Qwen2.5-VL-3B-Instruct, maxPixels: ${448 * 448}, ${lora} }
rewardModel: { batchSize: ${batch}, ${lora} }
sft: { batchSize: ${batch} }
grpo: { batchSize: ${batch}, numGenerations: ${Math.min(4, batch)}, maxCompletionLength: ${completion} }
device: cuda`,
    { file: 'gpu-check' },
  );
  // Prompts and responses of the check are short.
  const assumptions = {
    ...defaultAssumptions,
    promptTokens: 30,
    responseTokens: 60,
    image: { width: 448, height: 448 },
  };
  const facts = await findFacts(config, { env: {}, price: null });
  const { memory } = planRun(config, facts, { device: devices[0]!, deviceCount: 1, assumptions });
  const found = memory?.find((estimate) => estimate.job === job);
  return found === undefined ? '' : (found.estimate.total / 2 ** 30).toFixed(2);
}
