/** `medgr2 export`: writes the folder and prints what is in it. No logic of its own. */
import { exportDataset } from '../../dataset/export/export-dataset.js';
import { exportSource } from '../../loop/result/export-run.js';
import { progressTeller } from './import-command.js';
import { formatCount } from '../../format.js';
import type { CommandIo } from '../command-io.js';

export interface ExportFlags {
  out: string;
  images: 'embed' | 'path';
  json?: boolean;
}

export async function exportCommand(
  folder: string,
  { out, images, json = false }: ExportFlags,
  io: CommandIo,
): Promise<void> {
  const source = await exportSource(folder);
  const { splits, leftOut } = await exportDataset(source, { out, images, onProgress: progressTeller(io) });
  if (json) io.out(JSON.stringify({ folder: out, splits, leftOut }));
  else
    io.out(`${out}: ${splits.map(({ name, examples }) => `${formatCount(examples, 'sample')} in ${name}`).join(', ')}`);
  if (leftOut > 0)
    io.error(`left out: ${formatCount(leftOut, 'sample')} whose picture is known or likely to name a patient`);
  if (!json) io.out(`  look at ${out}/README.md, then: datasets.load_dataset("${out}")`);
}
