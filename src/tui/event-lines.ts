/** Run events as plain lines: one per meaningful change, with the time. Reads events only, so it also tells an old run. */
import type { JobEvent } from '../bridge/contract/contract.js';
import type { StageMetrics, StageName, TimedEvent } from '../loop/run-events.js';
import type { PolicyComparison } from '../loop/result/policy-comparison.js';
import { promotionText } from '../loop/guards/alarm.js';
import { did } from '../loop/guards/watch.js';
import { formatNumber, formatSeconds, percent, pText, signedPoints, spacedName } from '../format.js';
import { wordsOf } from '../loop/stage-names.js';

/** Least time between two progress lines of one stage, in milliseconds of event time. */
const progressEveryMs = 15_000;

/** @returns A function that gives the line for an event, or null where nothing is worth a line. */
export function lineTeller(): (event: TimedEvent) => string | null {
  let cycles = 0;
  let lastProgress = 0;
  let compared = false;
  const labels = new Map<string, string>();
  const head = (event: { time: string; cycle: number; stage: StageName; arm?: string | undefined }): string => {
    const place = event.cycle === 0 ? 'start    ' : `cycle ${event.cycle}/${cycles}`;
    return `${clock(event.time)}  ${compared ? (event.arm === undefined ? 'shared' : (labels.get(event.arm) ?? event.arm)).padEnd(16) : place}  ${wordsOf(event.stage).name.padEnd(16)}`;
  };
  return (event) => {
    switch (event.type) {
      case 'run-start':
        cycles = event.cycles;
        compared = event.arms !== undefined;
        return [
          `${clock(event.time)}  ${event.resumed ? 'continuing' : 'starting'} ${event.runDir} (seed ${event.seed}, ${compared ? `${event.arms?.length} arms` : `${event.cycles} cycles`})`,
          ...(event.notice === undefined ? [] : [noticeLine(event.notice)]),
        ].join('\n');
      case 'notice':
        return noticeLine(event.message);
      case 'stage-start':
        lastProgress = Date.parse(event.time);
        return `${head(event)} ${event.resumed ? 'going on …' : '…'}`;
      case 'stage-skip':
        return `${head(event)} done before`;
      case 'stage-progress':
      case 'job': {
        const text = event.type === 'job' ? jobText(event.event) : progressText(event);
        const now = Date.parse(event.time);
        const urgent = event.type === 'job' && event.event.type === 'warning';
        if (text === null || (!urgent && now - lastProgress < progressEveryMs)) return null;
        if (!urgent) lastProgress = now;
        return `${head(event)} ${text}`;
      }
      case 'stage-end':
        return `${head(event)} ${metricsText(event.metrics)} (${formatSeconds(event.seconds)})`;
      case 'pause':
        return `${head(event)} ${event.paused ? 'paused before this stage' : 'going on'}`;
      case 'warning':
        return `${clock(event.time)}  warning: ${event.message}`;
      case 'alarm':
        return `${head(event)} ALARM (${event.guard}${did[event.action]}): ${event.message}`;
      case 'promotion':
        return event.refused.length === 0 ? null : `${clock(event.time)}  refused: ${promotionText(event)}`;
      case 'arms':
        for (const { name, label } of event.arms) labels.set(name, label);
        return null;
      case 'work':
      case 'answers':
      case 'asked':
      case 'scored':
        return null;
      case 'comparison':
        return `${clock(event.time)}  compared: ${comparisonText(event)}`;
      case 'run-end':
        return event.status === 'complete'
          ? `${clock(event.time)}  complete after ${formatSeconds(event.seconds)}`
          : null;
    }
  };
}

const noticeLine = (notice: string): string => `          ${notice}`;

/** Before its first stage a run draws or reads its images; later the generator is asked. */
function progressText({ stage, done, total, detail }: Extract<TimedEvent, { type: 'stage-progress' }>): string {
  const text = `${done} of ${total} ${stage === 'prepare-data' ? 'images' : 'requests'}`;
  const { batches = 0, ended, inBatches } = detail;
  return batches === 0 ? text : `${text}, batches at work: ${batches} (${ended} of their ${inBatches} requests ended)`;
}

function jobText(event: JobEvent): string | null {
  if (event.type === 'warning') return `warning: ${event.message}`;
  if (event.type === 'progress') return `${event.done} of ${event.total}`;
  if (event.type !== 'train-step') return null;
  const at = `step ${event.step} of ${event.totalSteps}`;
  if (event.grpo === null) return `${at}, loss ${formatNumber(event.loss)}`;
  const { reward, rewardStd, rewards, deadGroups } = event.grpo;
  const parts = Object.entries(rewards).map(([name, { mean }]) => `${spacedName(name)} ${formatNumber(mean)}`);
  return `${at}, reward ${formatNumber(reward)} ± ${formatNumber(rewardStd)} (${parts.join(', ')}), dead groups ${percent(deadGroups, 0)}`;
}

/** `accuracy 53.1 %, questions 480`. */
function metricsText(metrics: StageMetrics): string {
  return Object.entries(metrics)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${spacedName(name)} ${typeof value === 'number' ? figureText(name, value) : value}`)
    .join(', ');
}

const shares: ReadonlySet<string> = new Set([
  'accuracy',
  'acceptedPrecision',
  'best',
  'greedy',
  'macroF1',
  'pairwiseAccuracy',
  'rawPrecision',
]);

/** `pass@8` is a share, as every figure of sampled answers. */
const figureText = (name: string, value: number): string =>
  shares.has(name) || name.includes('@') ? percent(value) : formatNumber(value);

/** `base → cycle 1 GRPO +35.4 points (95 %: +30.1 to +40.7, p < 0.001) on 480 questions`. */
function comparisonText({ first, second, difference, interval, pValue, n }: PolicyComparison): string {
  const within =
    interval === null
      ? ''
      : ` (95 %: ${signedPoints(interval.low)} to ${signedPoints(interval.high)}, ${pText(pValue)})`;
  return `${first} → ${second} ${signedPoints(difference)} points${within} on ${n} questions`;
}

/** Local time of day. */
function clock(time: string): string {
  return new Date(time).toTimeString().slice(0, 8);
}
