/** Asks a judge about every candidate, by a rubric: apart from R_φ, and before anything is decided by either. */
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { generateOutcomes } from '../../generation/generate-samples.js';
import { judgeSamples } from '../../generation/inquiries/judge-samples.js';
import { createOutcomeSpool } from '../../generation/outcome-spool.js';
import { openReplyCache } from '../../generation/replies/reply-cache.js';
import { makePrivateFolder } from '../../disk.js';
import type { Sample } from '../../sample.js';
import { runFiles } from '../folder/run-folder.js';
import { openJudgePricing } from '../generator/generator-pricing.js';
import { sourceOfAsked } from '../generator/generator-source.js';
import { judgedTasks } from './judged-tasks.js';
import { openJudge } from './open-judge.js';
import type { Rubric } from '../../prompts/judging/rubric.js';
import { readVerdicts, writeVerdicts, type VerdictRow } from './verdict-table.js';
import type { RunContext } from '../run-context.js';
import type { Stage, StageDone } from '../stage.js';
import { askingOf, secondTryTokens, spentOf, tellDamage } from '../generator/asking-stage.js';

const output = z.object({
  rubric: z.string(),
  /** Candidates, and requests about them: what was written twice is asked about once. */
  candidates: z.int(),
  requests: z.int(),
  judged: z.int(),
  /** Requests without a verdict, by reason. */
  unjudged: z.record(z.string(), z.int()),
  /** Verdicts whose reply had to be mended to be read, by kind. */
  repaired: z.record(z.string(), z.int()),
  inputTokens: z.int(),
  outputTokens: z.int(),
  /** Null where price or tokens are not known. */
  cost: z.number().nullable(),
  currency: z.string(),
});
export type VerifyOutput = z.output<typeof output>;

const verdictsFile = 'verdicts.parquet';

export interface Verification {
  cycle: number;
  candidates: readonly Sample[];
  rubric: Rubric;
}

export function verify(run: RunContext, { cycle, candidates, rubric }: Verification): Stage<VerifyOutput> {
  const { config, data, runDir } = run;
  const settings = config.verify;
  const { provider, temperature, maxOutputTokens, contextCharacters } = settings;
  return {
    cycle,
    name: 'verify',
    inputs: {
      // R_φ has no part in it: another one's scores of the same candidates change no verdict.
      candidates: contentOf(candidates),
      rubric,
      provider,
      source: provider === 'simulated' ? settings.simulated : sourceOfAsked(settings),
      temperature,
      maxOutputTokens,
      contextCharacters,
      truncatedRetryTokens: secondTryTokens(settings),
    },
    // Nothing is lost by starting over: answered requests are in the judge's reply cache.
    partial: 'over',
    output,
    metrics: ({ requests, judged, unjudged, cost }) => ({ requests, judged, unjudged: sum(unjudged), cost }),
    detail: ({ unjudged, repaired }) => ({ kind: 'generation', dropped: unjudged, repaired }),
    run: async (context) => {
      const { tasks, sampleAt, taskOf } = judgedTasks(candidates, data.pool, contextCharacters);
      const pricing = await openJudgePricing(config);
      makePrivateFolder(join(runDir, dirname(runFiles.judgeReplies)));
      await using judge = await openJudge(context);
      using cache = openReplyCache(join(runDir, runFiles.judgeReplies));
      const { damagedLines } = cache;
      tellDamage(damagedLines, runFiles.judgeReplies, context);
      using spool = createOutcomeSpool(join(context.dir, 'outcomes.spool'));
      const asking = askingOf(context, settings, {
        tasks,
        provider: judge.provider,
        cache,
        inquiry: judgeSamples({ rubric, sampleAt }),
        pricing,
        batches: runFiles.judgeBatches,
      });
      const ended = await generateOutcomes(asking, spool.put);
      tellDamage(cache.damagedLines - damagedLines, runFiles.judgeReplies, context);
      await writeVerdicts(join(context.dir, verdictsFile), candidates, taskOf, spool.inOrder());
      const { accepted: judged, dropped: unjudged, repaired } = ended;
      const counts = { candidates: candidates.length, requests: tasks.length, judged, unjudged, repaired };
      return { rubric: rubric.name, ...counts, ...spentOf(ended, pricing) };
    },
  };
}

/** In the order of the candidates. */
export const verdictsOf = ({ dir }: StageDone<VerifyOutput>): Promise<VerdictRow[]> =>
  readVerdicts(join(dir, verdictsFile));

function contentOf(candidates: readonly Sample[]): string {
  const hash = createHash('sha256');
  for (const { id, imageHash, question, options, answer, rationale } of candidates)
    hash.update(JSON.stringify([id, imageHash, question, options, answer, rationale]));
  return hash.digest('hex');
}

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);
