/** What a guard says: which, where, in one sentence, and what was done about it. */
import { z } from 'zod';
import { alarmActions, actionOf, type GuardName, type GuardsConfig } from '../../config/sections/guards.js';
import { stageNames } from '../stage-names.js';

export const guardNames = [
  'uselessRewardModel',
  'probes',
  'unread',
  'overOptimisation',
  'collapse',
  'answerBias',
  'template',
  'duplicates',
  'modalityDrift',
  'acceptance',
] as const satisfies readonly GuardName[];

const figure = z.union([z.number(), z.string(), z.null()]);

export const alarmSchema = z.object({
  guard: z.enum(guardNames),
  /** Of a comparison, whose loop alarmed; left out for the loop and for what all arms share. */
  arm: z.string().optional(),
  /** Cycle and stage whose outcome alarmed; cycle 0 is before the first. */
  cycle: z.int().min(0),
  stage: z.enum(stageNames),
  message: z.string(),
  /** What it was raised on. */
  figures: z.record(z.string(), figure),
  action: z.enum(alarmActions),
});
export type Alarm = z.output<typeof alarmSchema>;

/** What a detector finds; where and what is done about it is not its affair. */
export interface Finding {
  guard: GuardName;
  message: string;
  figures: Alarm['figures'];
}

/** A detector without a finding says null. */
export type Found = Finding | null;

/** Findings of guards that are on, as alarms. */
export function alarmsOf(
  guards: GuardsConfig,
  place: Pick<Alarm, 'cycle' | 'stage' | 'arm'>,
  found: readonly Found[],
): Alarm[] {
  return found.flatMap((finding) => {
    if (finding === null) return [];
    const action = actionOf(guards, finding.guard);
    return action === null ? [] : [{ ...finding, ...place, action }];
  });
}

/** A reward model or policy that was measured on the gold set before it could take the place of the one before. */
export const promotionSchema = z.object({
  cycle: z.int().min(0),
  /** Of a comparison. */
  arm: z.string().optional(),
  what: z.enum(['reward-model', 'policy']),
  /** Names of stages: what goes on from here, and what was not let through. */
  promoted: z.string(),
  refused: z.array(z.string()),
  /** Of each comparison, as a sentence. */
  reasons: z.array(z.string()),
});
export type Promotion = z.output<typeof promotionSchema>;

/** `cycle-1/sft` -> `cycle 1 SFT`, `reward-model-1-verdicts` -> `reward model 1 (verdicts)`: as people read the names of promotions. */
export const modelName = (name: string): string =>
  name
    .replace(/^cycle-(\d+)\/(.+)$/, (_, cycle: string, method: string) => `cycle ${cycle} ${method.toUpperCase()}`)
    .replace(/^reward-model-(\d+)/, 'reward model $1')
    .replace(/-verdicts$/, ' (verdicts)');

/** As the last lines of a run and its report say it. */
export const promotionText = ({ what, promoted, refused, reasons }: Promotion): string =>
  `${refused.map(modelName).join(' and ')} ${refused.length === 1 ? 'was' : 'were'} not let through, ${modelName(promoted)} goes on as the ${
    what === 'policy' ? 'policy' : 'reward model'
  }: ${reasons.join('; ')}`;

/** Alarms and promotions of a run: found again, from what its stages left, by every attempt. */
export interface GuardLog {
  alarms: Alarm[];
  promotions: Promotion[];
}

export const emptyLog = (): GuardLog => ({ alarms: [], promotions: [] });
