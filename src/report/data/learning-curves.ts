/** Learning curves from the events: what the trainers logged, step by step, per cycle and arm. A step that was done again counts once. */
import type { StageName } from '../../loop/run-events.js';
import type { RunRecord } from './run-record.js';

export interface CurvePoint {
  step: number;
  value: number;
}

/** One measure of one training stage in one cycle. */
export interface Curve {
  /** Of a comparison; null for the loop and for what all arms share. */
  arm: string | null;
  cycle: number;
  stage: StageName;
  /** `loss`, `reward`, `completion length`, … or the name of a reward. */
  measure: string;
  /** True where `measure` names one of several rewards rather than a measure of ours. */
  isReward: boolean;
  points: CurvePoint[];
}

export function readCurves(run: RunRecord): Curve[] {
  const curves = new Map<string, Curve & { byStep: Map<number, number> }>();
  for (const item of run.events) {
    if (item.type !== 'job' || item.event.type !== 'train-step') continue;
    const { cycle, stage, event, arm = null } = item;
    const add = (measure: string, value: number | null, isReward = false): void => {
      if (value === null) return;
      const key = JSON.stringify([arm, cycle, stage, isReward, measure]);
      const curve = curves.get(key) ?? { arm, cycle, stage, measure, isReward, points: [], byStep: new Map() };
      curves.set(key, curve);
      curve.byStep.set(event.step, value);
    };
    add('loss', event.loss);
    if (event.grpo === null) continue;
    add('reward', event.grpo.reward);
    add('completion length', event.grpo.completionLength);
    add('dead groups', event.grpo.deadGroups);
    add('KL', event.grpo.kl);
    add('entropy', event.grpo.entropy);
    for (const [name, { mean }] of Object.entries(event.grpo.rewards)) add(name, mean, true);
  }
  return [...curves.values()].map(({ byStep, ...curve }) => ({
    ...curve,
    points: [...byStep].map(([step, value]) => ({ step, value })).sort((a, b) => a.step - b.step),
  }));
}
