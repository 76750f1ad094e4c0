/** Tells what guards found, and ends the run where an alarm is to stop it. */
import type { Alarm, Found, GuardLog, Promotion } from './alarm.js';
import { alarmsOf, promotionText } from './alarm.js';
import { RunError } from '../../errors.js';
import type { RunContext } from '../run-context.js';
import { stageKey } from '../folder/ledger.js';

type Watching = Pick<RunContext, 'config' | 'guardLog' | 'emit' | 'arm' | 'runDir'>;

/**
 * @param told Whether alarms are only told, whatever their action: nothing goes on from what was found.
 * @returns Whether the cycle is to be rolled back.
 * @throws RunError `guard-stopped`, after all alarms were told.
 */
export function watch(
  run: Watching,
  place: Pick<Alarm, 'cycle' | 'stage'>,
  found: readonly Found[],
  told = false,
): boolean {
  const of = run.arm === null ? place : { ...place, arm: run.arm };
  const raised = alarmsOf(run.config.guards, of, found);
  const alarms = told ? raised.map((alarm) => ({ ...alarm, action: 'warn' as const })) : raised;
  for (const alarm of alarms) {
    if (run.guardLog.alarms.some((known) => isSame(known, alarm))) continue;
    run.guardLog.alarms.push(alarm);
    run.emit({ type: 'alarm', ...alarm });
  }
  // Before the first cycle there is nothing to go back to.
  const stops = alarms.filter(({ action }) => action === 'stop' || (action === 'rollback' && place.cycle === 0));
  if (stops.length > 0) throw stopped(run, place, stops);
  return alarms.some(({ action }) => action === 'rollback');
}

/** Names all that stop it here: who lets one of them pass is not stopped by the next at the same place. */
function stopped(
  { arm, runDir }: Watching,
  { cycle, stage }: Pick<Alarm, 'cycle' | 'stage'>,
  alarms: readonly Alarm[],
): RunError {
  const guards = [...new Set(alarms.map(({ guard }) => guard))];
  const messages = [...new Set(alarms.map(({ message }) => message))].join('; ');
  const nothingBefore = alarms.some(({ action }) => action === 'rollback') && cycle === 0;
  return new RunError('guard-stopped', `${stageKey(cycle, stage, arm)}: ${messages}`, {
    where: runDir,
    remedy:
      `The guard${guards.length === 1 ? '' : 's'} ${guards.join(', ')} ended the run before more was spent${nothingBefore ? ' (there is no cycle before to go back to)' : ''}; what is finished is kept. ` +
      `Put right what ${guards.length === 1 ? 'it' : 'they'} found and begin anew, or go on all the same with ${guards.map((guard) => `--set guards.${guard}=warn`).join(' ')}.`,
  });
}

export function tellPromotion(run: Watching, made: Promotion | null): void {
  if (made === null) return;
  const promotion = run.arm === null ? made : { ...made, arm: run.arm };
  const { cycle, what } = promotion;
  if (
    run.guardLog.promotions.some(
      (known) =>
        known.cycle === cycle &&
        known.arm === promotion.arm &&
        known.what === what &&
        known.promoted === promotion.promoted &&
        // Before and at the end of a cycle R_φ may be refused in favour of the same earlier one.
        known.refused.join() === promotion.refused.join(),
    )
  )
    return;
  run.guardLog.promotions.push(promotion);
  run.emit({ type: 'promotion', ...promotion });
}

/** Of alarms and refusals, as sentences; each says its cycle. */
export function guardSentences({ alarms, promotions }: GuardLog): string[] {
  return [
    ...alarms.map((alarm) => `${placeOf(alarm)}: ${alarm.message} [${alarm.guard}${did[alarm.action]}]`),
    ...promotions
      .filter(({ refused }) => refused.length > 0)
      .map((promotion) => `${placeOf(promotion)}: ${promotionText(promotion)} [promotion]`),
  ];
}

/** What an alarm did beside being told. */
export const did = { warn: '', stop: ': stopped', rollback: ': rolled back' } as const;
const placeOf = ({ arm, cycle }: Pick<Alarm, 'arm' | 'cycle'>): string =>
  `${arm === undefined ? '' : `${arm}: `}${cycle === 0 ? 'before the first cycle' : `cycle ${cycle}`}`;

/** What was told of all arms is not told of each again. */
const isSame = (one: Alarm, other: Alarm): boolean =>
  one.guard === other.guard &&
  (one.arm ?? other.arm) === other.arm &&
  one.cycle === other.cycle &&
  one.stage === other.stage &&
  one.message === other.message;
