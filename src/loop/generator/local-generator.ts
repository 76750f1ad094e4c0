/**
 * Runs a local generator's requests as `complete` jobs. Replies are read from the job's file while it works, so that a kill
 * loses only the batch that was being written.
 */
import { closeSync, existsSync, mkdirSync, openSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Config } from '../../config/schema.js';
import { writeParquet } from '../../dataset/tables/table.js';
import type { LocalJob, LocalReply } from '../../providers/local-provider.js';
import { rowColumns } from '../../job-spec/rows/job-rows.js';
import { generatorSpec } from '../../job-spec/spec-from-config.js';
import { runJob, stageSeed } from '../stage-job.js';
import type { StageContext } from '../stage.js';

const lineSchema = z.object({
  id: z.string(),
  text: z.string(),
  finished: z.boolean(),
  tokens: z.int(),
  promptTokens: z.int(),
});

export interface LocalPlace {
  /** Path or id of the model as it stands: a fine-tuned one is a folder of the run. */
  model: string;
  /** Of its jobs, relative to the run folder. */
  folder: string;
}

export function localRunner(
  context: StageContext,
  local: Pick<NonNullable<Config['generation']['local']>, 'dtype' | 'maxPixels' | 'batchSize'>,
  { model, folder }: LocalPlace,
) {
  let jobs = 0;
  return async (job: LocalJob, onReply: (reply: LocalReply) => void): Promise<void> => {
    // Outside of the stage's folder: what is hashed there must not depend on which requests met in one job.
    const outDir = join(context.runDir, folder);
    rmSync(outDir, { recursive: true, force: true });
    mkdirSync(outDir, { recursive: true });
    const data = join(outDir, 'rows.parquet');
    await writeParquet(data, job.prompts, rowColumns.prompt);
    const seed = stageSeed(context, context.cycle, `${context.stage} ${(jobs += 1)}`);
    const { temperature, maxNewTokens } = job;
    const spec = generatorSpec(context.config, local, { outDir, data, model, seed, temperature, maxNewTokens });
    const read = lineReader(join(outDir, 'completions.jsonl'), (line) => onReply(lineSchema.parse(JSON.parse(line))));
    await runJob(context, spec, { onEvent: (event) => event.type === 'progress' && read() });
    read();
    rmSync(outDir, { recursive: true, force: true });
  };
}

/** Each call reads the complete lines that came since the last. */
function lineReader(file: string, onLine: (line: string) => void): () => void {
  const chunk = Buffer.alloc(256 * 1024);
  let offset = 0;
  let rest = Buffer.alloc(0);
  return () => {
    if (!existsSync(file)) return;
    const descriptor = openSync(file, 'r');
    try {
      for (let count = 0; (count = readSync(descriptor, chunk, 0, chunk.length, offset)) > 0;) {
        offset += count;
        const bytes = Buffer.concat([rest, chunk.subarray(0, count)]);
        const end = bytes.lastIndexOf(0x0a) + 1;
        rest = Buffer.from(bytes.subarray(end));
        for (const line of bytes.toString('utf8', 0, end).split('\n')) if (line !== '') onLine(line);
      }
    } finally {
      closeSync(descriptor);
    }
  };
}
