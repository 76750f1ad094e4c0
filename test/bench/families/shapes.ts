/**
 * `npm run bench:shapes [-- 3B 7B]`: true shapes of Qwen2.5-VL with random weights on this machine's CPU, one LoRA step and scoring,
 * with the most memory that each job held beside what `plan` foresees. A shape that does not fit is left out, in words.
 */
import path from 'node:path';
import { execa } from 'execa';
import { ensurePython } from '../../../src/bridge/environment/make-environment.js';
import { pythonVariables } from '../../../src/bridge/environment/python-variables.js';
import { formatTable } from '../../../src/format.js';
import { shapeByName } from '../../../src/loop/estimate/model-size.js';
import { estimateMemory, estimateScoring } from '../../../src/loop/estimate/gpu-memory.js';
import { scriptLine } from '../../../src/script-line.js';

/** Rows of the bench: an image of 448 x 448 pixels, a short prompt and its answer, in the phantom's tokens. */
const row = { tokens: 256 + 60, imageTokens: 256 };
const rank = 64;

interface Row {
  shape: string;
  case: string;
  wall?: number;
  peak?: number;
  failed?: string;
  skipped?: string;
}

/** Bytes by case. */
function foreseen(name: string): Record<string, number> {
  const found = shapeByName(`Qwen/Qwen2.5-VL-${name}-Instruct`);
  if (found?.exact !== true) throw new Error(`${name} is no shape of Qwen2.5-VL: 3B, 7B`);
  const { shape } = found;
  const training = {
    shape,
    precision: 'bfloat16',
    loraRank: rank,
    batch: 1,
    checkpointing: true,
    otherModels: 0,
  } as const;
  return {
    score: estimateScoring({ shape, sequences: 2, ...row }, 'bfloat16').total,
    'sft-lora': estimateMemory({ ...training, ...row, logitTokens: row.tokens }).total,
  };
}

const { positionals } = scriptLine(import.meta.filename, {}, 2);
const names = positionals.length > 0 ? positionals : ['3B', '7B'];
const wanted = Object.fromEntries(names.map((name) => [name, foreseen(name)]));
const python = await ensurePython({ onProgress: (line) => process.stderr.write(`${line}\n`) });
const script = path.join(import.meta.dirname, 'shapes.py');
const { stdout } = await execa(python, [script, '--wanted', JSON.stringify(wanted)], {
  stderr: 'inherit',
  env: pythonVariables(python),
});
const rows = JSON.parse(stdout.slice(stdout.lastIndexOf('\n') + 1)) as Row[];
const gib = (bytes: number | undefined): string => (bytes === undefined ? '' : (bytes / 2 ** 30).toFixed(2));
const lines = rows.map(({ shape, case: name, peak, wall, failed, skipped }) => {
  const plan = wanted[shape]?.[name] ?? 0;
  const off = peak === undefined ? '' : `${(100 * (plan / peak - 1)).toFixed(0)} %`;
  const note = skipped === undefined ? (failed ?? '') : `left out: ${skipped}`;
  return [shape, name, gib(plan), gib(peak), off, wall === undefined ? '' : `${wall.toFixed(0)} s`, note];
});
console.log(formatTable([['shape', 'job', 'plan GiB', 'held GiB', 'off by', 'wall', ''], ...lines]));
if (rows.some(({ failed }) => failed !== undefined)) process.exitCode = 1;
