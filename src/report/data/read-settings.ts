/** The few settings of config.yaml that the report speaks of. Lenient: another version's file gives what it can. */
import { z } from 'zod';

const text = z.string().optional().catch(undefined);
const model = z.object({ model: text }).optional().catch(undefined);
const flag = z.boolean().optional().catch(undefined);

export const settingsSchema = z
  .object({
    cycles: z.number().optional().catch(undefined),
    seed: z.number().optional().catch(undefined),
    data: z.object({ source: text }).catch({}).prefault({}),
    generation: z.object({ provider: text, gemini: model, openai: model, local: model }).catch({}).prefault({}),
    policy: z.object({ base: text }).catch({}).prefault({}),
    dataset: z.object({ includeSeed: flag }).catch({}).prefault({}),
    generatorUpdate: z.object({ enabled: flag }).catch({}).prefault({}),
    filter: z
      .object({ threshold: z.union([z.number(), z.looseObject({ precision: z.number() })]).optional() })
      .catch({})
      .prefault({}),
  })
  .prefault({});
export type Settings = z.output<typeof settingsSchema>;
