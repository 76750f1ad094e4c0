/** Tells what guards found, and ends the run where an alarm is to stop it. */
import type { Alarm, Found, GuardLog, Promotion } from './alarm.js';
import { alarmsOf, promotionText } from './alarm.js';
import { RunError } from '../../errors.js';
import type { RunContext } from '../run-context.js';
import { stageKey } from '../folder/ledger.js';

type Watching = Pick<RunContext, 'config' | 'guardLog' | 'emit' | 'arm' | 'runDir'>;

/**
 * @returns Whether the cycle is to be rolled back.
 * @throws RunError `guard-stopped`, after all alarms were told.
 */
export function watch(run: Watching, place: Pick<Alarm, 'cycle' | 'stage'>, found: readonly Found[]): boolean {
  const alarms = alarmsOf(run.config.guards, place, found);
  for (const alarm of alarms) {
    if (run.guardLog.alarms.some((known) => isSame(known, alarm))) continue;
    run.guardLog.alarms.push(alarm);
    run.emit({ type: 'alarm', ...(run.arm === null ? {} : { arm: run.arm }), ...alarm });
  }
  // Before the first cycle there is nothing to go back to.
  const stops = alarms.find(({ action }) => action === 'stop' || (action === 'rollback' && place.cycle === 0));
  if (stops !== undefined) throw stopped(run, stops);
  return alarms.some(({ action }) => action === 'rollback');
}

function stopped({ arm, runDir }: Watching, { guard, cycle, stage, message, action }: Alarm): RunError {
  const key = stageKey(cycle, stage, arm);
  return new RunError('guard-stopped', `${key}: ${message}`, {
    where: runDir,
    remedy:
      `The guard ${guard} ended the run before more was spent${action === 'rollback' ? ' (there is no cycle before to go back to)' : ''}; what is finished is kept. ` +
      `Put right what it found and begin anew, or go on all the same with --set guards.${guard}=warn.`,
  });
}

export function tellPromotion(run: Watching, promotion: Promotion | null): void {
  if (promotion === null) return;
  const { cycle, what } = promotion;
  if (
    run.guardLog.promotions.some(
      (known) =>
        known.cycle === cycle &&
        known.what === what &&
        known.promoted === promotion.promoted &&
        // Before and at the end of a cycle R_φ may be refused in favour of the same earlier one.
        known.refused.join() === promotion.refused.join(),
    )
  )
    return;
  run.guardLog.promotions.push(promotion);
  run.emit({ type: 'promotion', ...(run.arm === null ? {} : { arm: run.arm }), ...promotion });
}

/** Of alarms and refusals, as sentences; each says its cycle. */
export function guardSentences({ alarms, promotions }: GuardLog): string[] {
  return [
    ...alarms.map(({ cycle, guard, message, action }) => `${placeOf(cycle)}: ${message} [${guard}${did[action]}]`),
    ...promotions
      .filter(({ refused }) => refused.length > 0)
      .map((promotion) => `${placeOf(promotion.cycle)}: ${promotionText(promotion)} [promotion]`),
  ];
}

const did = { warn: '', stop: ': stopped', rollback: ': rolled back' } as const;
const placeOf = (cycle: number): string => (cycle === 0 ? 'before the first cycle' : `cycle ${cycle}`);

const isSame = (one: Alarm, other: Alarm): boolean =>
  one.guard === other.guard && one.cycle === other.cycle && one.stage === other.stage && one.message === other.message;
