/**
 * `npm run gpu:check` (`-- --quick`: under four minutes): what this machine's GPU does, with the peak memory that `plan` foresees
 * beside the measured one. The table is kept as test/bench/gpu-DEVICE.md, from a real GPU only. `python -m medgr2 gpu-check`
 * measures the same without Node. `-- --device cpu --tiny` tries the check where there is no GPU.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { ensurePython } from '../../../src/bridge/environment/make-environment.js';
import { pythonVariables } from '../../../src/bridge/environment/python-variables.js';
import { scriptLine } from '../../../src/script-line.js';
import { gpuFile, tableOf, type Measured } from './gpu-table.js';

if (process.argv.includes('--help')) scriptLine(import.meta.filename, {});
const python = await ensurePython({ onProgress: (line) => process.stderr.write(`${line}\n`) });
const passed = process.argv.slice(2).filter((value) => value !== '--json');
const { exitCode, stdout } = await execa(python, ['-P', '-m', 'medgr2', 'gpu-check', '--json', ...passed], {
  stderr: 'inherit',
  reject: false,
  env: pythonVariables(python),
});
process.exitCode = exitCode ?? 1;
if (exitCode !== 2 && stdout !== '') {
  const measured = JSON.parse(stdout.slice(stdout.lastIndexOf('\n') + 1)) as Measured;
  const text = await tableOf(measured);
  process.stdout.write(text);
  const file = gpuFile(measured.device);
  if (file !== null) writeFileSync(path.join(import.meta.dirname, file), text);
}
