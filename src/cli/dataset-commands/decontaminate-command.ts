/** `medgr2 decontaminate`: removes, writes the report, prints its counts. No logic of its own. */
import { join } from 'node:path';
import {
  contaminationKinds,
  decontaminate,
  type Contamination,
  type ContaminationKind,
} from '../../dataset/folders/decontaminate.js';
import { writePart } from '../../dataset/folders/derived-folder.js';
import { readDataset } from '../../dataset/folders/dataset-folder.js';
import { withNewFolder } from '../../dataset/import/import-helpers.js';
import { patientsApart } from '../../dataset/patients/pseudonym-key.js';
import { countBy } from '../../dataset/import/import-report.js';
import { writeJsonl } from '../../dataset/tables/table.js';
import { ConfigError } from '../../errors.js';
import { progressTeller } from './import-command.js';
import type { CommandIo } from '../command-io.js';

export interface DecontaminateFlags {
  against: string[];
  out: string;
  by: string;
  distance: number;
  similarity: number;
  json?: boolean;
}

/** Name of the report in the clean folder. */
const reportFile = 'decontamination.jsonl';

export async function decontaminateCommand(folder: string, flags: DecontaminateFlags, io: CommandIo): Promise<void> {
  const { out, distance, similarity } = flags;
  const by = kindsOf(flags.by);
  const dataset = await readDataset(folder);
  const against = await Promise.all(flags.against.map((dir) => readDataset(dir)));
  const onProgress = progressTeller(io);
  const apart = by.includes('patient') ? patientsApart([dataset, ...against]) : null;
  if (apart !== null) io.error(apart);
  const clean = { by, distance, similarity, onProgress };
  const { samples, images, removed } = await withNewFolder(out, null, () => decontaminate(dataset, against, clean));
  const settings = {
    by,
    distance,
    similarity,
    against: against.map(({ dir }) => dir),
    removed: countBy(removed, (it) => it.by),
  };
  await writePart(dataset, out, { samples, images, format: 'decontaminate', settings });
  await writeJsonl(join(out, reportFile), removed);
  if (flags.json === true) for (const one of removed) io.out(JSON.stringify(one));
  else
    io.out(
      describe(out, removed, {
        samples: [samples.length, dataset.samples.length],
        images: [images.length, dataset.images.length],
      }),
    );
}

function kindsOf(text: string): ContaminationKind[] {
  return text.split(',').map((name) => {
    const kind = contaminationKinds.find((known) => known === name.trim());
    if (kind !== undefined) return kind;
    throw new ConfigError('contamination-kind', `--by ${name}: kinds are ${contaminationKinds.join(', ')}.`);
  });
}

/** @param kept How many are left, and of how many. */
function describe(
  out: string,
  removed: readonly Contamination[],
  kept: Record<'samples' | 'images', readonly [number, number]>,
): string {
  const lines = removed.slice(0, 5).map(({ by, sample, imageHash, matches, detail }) => {
    const what = sample === null ? `image ${imageHash.slice(0, 12)}` : `question ${sample}`;
    return `  ${by}: ${what} is ${matches.slice(0, 12)} of the other set (${detail})`;
  });
  return [
    `${out}: ${kept.samples[0]} samples of ${kept.samples[1]} and ${kept.images[0]} images of ${kept.images[1]} are kept`,
    ...Object.entries(countBy(removed, ({ by }) => by)).map(([by, count]) => `  removed by ${by}: ${count}`),
    ...lines,
    `  each of them: ${join(out, reportFile)}`,
  ].join('\n');
}
