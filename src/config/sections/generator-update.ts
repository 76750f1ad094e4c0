/** Section `generatorUpdate`: how the generator learns from what a cycle accepted. */
import { z } from 'zod';
import { sftSchemaOf } from './sft.js';

/** What the generator gets from the samples that a cycle accepted. */
export const generatorUpdateSchema = z.strictObject({
  /** Off: the generator stays as it is in every cycle. */
  enabled: z.boolean().default(true),
  /**
   * `exemplars` shows the best of them in the next prompts: all that can be done with a closed API. `sft` trains the
   * weights of a `local` generator on them (MedGR², the self-updating generator); its prompts keep their first examples.
   */
  method: z.enum(['exemplars', 'sft']).default('exemplars'),
  /** Of `method: sft`, and of generation.local.warmStartSteps. */
  sft: sftSchemaOf('generatorUpdate.sft').prefault({}),
  /** Highest-scored samples of the cycle that become the next cycle's examples; and most examples in one prompt. */
  exemplars: z.int().min(0).default(3),
});
