/** Options passed through to TRL as they are; those the loop sets itself are refused with the setting to use instead. */
import { z } from 'zod';

export type OwnedOptions = Readonly<Record<string, string>>;

const alwaysOwned: OwnedOptions = {
  output_dir: 'the run folder decides',
  seed: 'use seed',
  data_seed: 'use seed',
  report_to: 'events are written to events.jsonl',
  resume_from_checkpoint: 'a run resumes by itself',
  run_name: 'the run folder decides',
};

/** @param owned TRL option -> the medgr2 setting that governs it. */
export const trlOptionsSchema = (owned: OwnedOptions) =>
  z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string())]))
    .superRefine((options, context) => {
      const refused = { ...alwaysOwned, ...owned };
      for (const key of Object.keys(options)) {
        const instead = refused[key];
        if (instead !== undefined)
          context.addIssue({ code: 'custom', path: [key], message: `medgr2 sets this option itself: ${instead}` });
      }
    })
    .default({});

export const loraConfigSchema = z.strictObject({
  rank: z.int().positive().default(16),
  alpha: z.number().positive().default(32),
  dropout: z.number().min(0).max(1).default(0),
  targetModules: z.union([z.string(), z.array(z.string())]).default('all-linear'),
});
