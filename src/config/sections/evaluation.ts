/** Section `evaluation`: how test questions are answered, read and measured. */
import { z } from 'zod';

export const evaluationSchema = z.strictObject({
  /** Longest answer. */
  maxNewTokens: z.int().positive().default(64),
  /** Questions that are answered at once. */
  batchSize: z.int().positive().default(64),
  /**
   * Likelihood of each option, which AUROC needs: `mean` log-probability of its tokens, so that long options are not worse
   * for being long, their `sum`, or `none`, which is faster.
   */
  likelihoods: z.enum(['none', 'mean', 'sum']).default('none'),
  /** Which answers are right: by our reader, or `published`, MedVLM-R1's script: a lone capital in the answer block. */
  reading: z.enum(['ours', 'published']).default('ours'),
  /** What the options follow: the question alone, or also what the policy itself reasoned before its answer. */
  reasoning: z.enum(['none', 'own']).default('none'),
});
