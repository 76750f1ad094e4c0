/**
 * Whether GRPO has room, from sampled answers. Pure. RL turns pass@k into acc@1: where a policy never says what is right, or
 * R_φ does not know it from what is wrong, there is nothing to turn.
 */
import { percent } from '../../format.js';
import { z } from 'zod';
import type { SampledFigure, SampledReport } from './sampled-report.js';

export const headroomSchema = z.object({
  questions: z.int(),
  samples: z.int(),
  greedy: z.number(),
  /** acc@1, the mean over samples. */
  sampled: z.number(),
  pass: z.number(),
  majority: z.number(),
  /** Best of all samples by R_φ; null where it was not asked. */
  best: z.number().nullable(),
  /** `room`: R_φ finds better answers than the greedy one. `blind`: there are some, and it cannot tell. `none`: there are none. */
  verdict: z.enum(['room', 'blind', 'none']),
});
/** Whether GRPO has room, with the figures that say so; shares in [0, 1]. */
export type Headroom = z.output<typeof headroomSchema>;

/** A gain counts where its whole interval lies above 0; one that does not vary has itself for an interval. */
const surely = (gain: SampledFigure | undefined): boolean =>
  gain !== undefined && (gain.interval === null ? gain.value > 0 : gain.interval.low > 0);

/**
 * Whether GRPO has room: RL turns pass@k into acc@1.
 * @param report Of questions that were also answered greedily.
 */
export function headroomOf({ n, samples, figures, gains }: SampledReport): Headroom {
  const value = (name: string): number => figures[name]?.value ?? 0;
  const best = figures[`best@${samples}`]?.value ?? null;
  const room = surely(best === null ? gains[`majority@${samples}`] : gains[`best@${samples}`]);
  return {
    questions: n,
    samples,
    greedy: value('greedy'),
    sampled: value('acc@1'),
    pass: value(`pass@${samples}`),
    majority: value(`majority@${samples}`),
    best,
    verdict: room ? 'room' : surely(gains[`pass@${samples}`]) ? 'blind' : 'none',
  };
}

/** One sentence for screens, reports and summaries; short enough for a line of 80 columns. What beats what beyond chance, the verdict says. */
export function headroomWords({ samples, greedy, pass, majority, best, verdict }: Headroom): string {
  const [now, most] = [greedy, pass].map((share) => percent(share));
  const judge = best === null ? `majority of ${samples} ${percent(majority)}` : `best by R_φ ${percent(best)}`;
  if (verdict === 'room') return `GRPO has room: pass@${samples} ${most}, ${judge}, greedy ${now}`;
  if (verdict === 'none') return `GRPO has no room: pass@${samples} ${most}, greedy ${now}`;
  const who = best === null ? 'The policy itself' : 'R_φ';
  return `${who} cannot tell: pass@${samples} ${most}, ${judge}, greedy ${now}`;
}
