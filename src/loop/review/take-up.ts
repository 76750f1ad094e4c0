/**
 * Before a cycle begins, with `--with-verdicts`: what experts said of earlier cycles becomes part of what it starts from. R_φ learns
 * the verdicts, what was refused leaves D_gen, what was accepted or corrected joins it. Finished cycles stay as they are.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../../hash.js';
import type { Sample } from '../../sample.js';
import { gradedRewardRows } from '../../job-spec/rows/reward-rows.js';
import type { Verdict } from '../../evaluation/verdicts/reader-verdict.js';
import { trainAndReport, type LoopState } from '../cycle.js';
import { stageKey } from '../folder/ledger.js';
import { relinked } from '../folder/relocation.js';
import { watchRewardModel } from '../guards/watch-cycle.js';
import { tellPromotion } from '../guards/watch.js';
import type { RunContext } from '../run-context.js';
import { runStage } from '../parts/run-stage.js';
import { rowOptions } from '../stage-job.js';
import { filterStages, scoredCandidates } from './review-queue.js';
import { readStanding, verdictDamage } from './verdict-file.js';
import { askedAbout } from '../stages/preferences.js';
import { isCorrection } from './verdict-lessons.js';
import { isOfVerdicts, readTakenUp, takenVerdicts, verdictsStage } from './verdicts-stage.js';

/** @returns What the cycle starts from. */
export async function takeUpVerdicts(run: RunContext, cycle: number, state: LoopState): Promise<LoopState> {
  const verdicts = await verdictsFor(run, cycle);
  if (verdicts.length === 0) return state;
  const heldOut = new Set(state.graded.heldOut.map(({ imageHash }) => imageHash));
  const stage = await runStage(
    run,
    verdictsStage(run, {
      cycle,
      verdicts,
      samples: () => judgedSamples(run, cycle, verdicts),
      heldOut,
      from: [state.datasetFingerprint],
    }),
  );
  const { trusted, refused, graded, rows } = await readTakenUp(run, stage);
  // All that stands is taken up anew: what earlier verdicts taught may stand no longer.
  const seed = new Set(run.data.seed.map(({ id }) => id));
  const train = state.graded.train.filter(({ sampleId }) => seed.has(sampleId));
  const names = new Set(refused.map(({ id }) => id));
  const answers = new Map(trusted.map(({ id, answer }) => [id, answer]));
  const stands = (sample: Sample): boolean =>
    !names.has(sample.id) && (!isCorrection(sample) || answers.get(sample.id) === sample.answer);
  const kept = state.dataset.filter(stands);
  const gone = new Set([...names, ...state.dataset.filter((sample) => !stands(sample)).map(({ id }) => id)]);
  // What the policy wrote was graded by an answer that stands no longer.
  const preferences = state.preferences.filter((row) => !isOfVerdicts(row) && !gone.has(askedAbout(row)));
  const before = { ...state, graded: { ...state.graded, train }, preferences };
  const fresh = [...gradedRewardRows(graded, rowOptions(run)), ...rows];
  const rewardModel = await learnFromExperts(run, cycle, before, { fresh, from: stage.fingerprint });
  const changed = (fingerprint: string): string => sha256(`${fingerprint} ${stage.fingerprint}`);
  const held = new Set(kept.map(({ id }) => id));
  const dataset = [...kept, ...trusted.filter(({ id }) => !held.has(id))];
  const exemplars = state.generator.exemplars.filter(stands);
  const unlearned = state.unlearned.samples.filter(stands);
  const isSame = (was: readonly Sample[], is: readonly Sample[]): boolean =>
    was.length === is.length && was.every(({ id, answer }, at) => id === is[at]?.id && answer === is[at].answer);
  return {
    ...state,
    rewardModel,
    graded: { ...state.graded, train: [...train, ...graded], fingerprint: changed(state.graded.fingerprint) },
    preferences: [...preferences, ...rows],
    // What verdicts do not touch keeps its fingerprint, and what is made of it is not made again.
    ...(isSame(state.dataset, dataset) ? {} : { dataset, datasetFingerprint: changed(state.datasetFingerprint) }),
    ...(isSame(state.generator.exemplars, exemplars)
      ? {}
      : { generator: { ...state.generator, exemplars, fingerprint: changed(state.generator.fingerprint) } }),
    ...(isSame(state.unlearned.samples, unlearned)
      ? {}
      : { unlearned: { samples: unlearned, from: [...state.unlearned.from, stage.fingerprint] } }),
  };
}

/** Those that the cycle took up before; else, before it has begun and where the person asks for it, those that no cycle has. */
async function verdictsFor(run: RunContext, cycle: number): Promise<Verdict[]> {
  if (run.arm !== null) return [];
  const before = join(run.runDir, stageKey(cycle, 'verdicts'));
  if (existsSync(before) && run.ledger.find(cycle, 'verdicts') !== undefined) return takenVerdicts(before);
  if (run.withVerdicts !== true || hasBegun(run, cycle)) return [];
  const damage = verdictDamage(run.runDir);
  if (damage !== null) run.emit({ type: 'warning', message: damage });
  return untaken(run, cycle);
}

/** All that stand, where they are others than the cycle before this one that took any up was told; else none. */
async function untaken({ runDir }: RunContext, cycle: number): Promise<Verdict[]> {
  const taken = new Set<string>();
  for (let earlier = cycle - 1; earlier >= 1 && taken.size === 0; earlier--) {
    const dir = join(runDir, stageKey(earlier, 'verdicts'));
    if (existsSync(dir)) for (const { id } of await takenVerdicts(dir)) taken.add(id);
  }
  const standing = readStanding(runDir);
  return standing.length === taken.size && standing.every(({ id }) => taken.has(id)) ? [] : standing;
}

const hasBegun = ({ ledger }: RunContext, cycle: number): boolean => ledger.find(cycle, 'generate') !== undefined;

/** Told where verdicts are to be taken up and no cycle is left that could. */
export async function tellVerdictsLeft(run: RunContext): Promise<void> {
  const { cycles } = run.config;
  if (run.withVerdicts !== true || run.arm !== null || !hasBegun(run, cycles)) return;
  if ((await untaken(run, cycles + 1)).length === 0) return;
  run.emit({
    type: 'warning',
    message: `verdicts are taken up before a cycle begins, and cycle ${cycles}, the last, has begun: add one with --set cycles=${cycles + 1}`,
  });
}

/** By id, of the cycles before. */
async function judgedSamples(
  run: RunContext,
  cycle: number,
  verdicts: readonly Verdict[],
): Promise<ReadonlyMap<string, Sample>> {
  const judged = new Set(verdicts.map(({ item }) => item));
  const samples = new Map<string, Sample>();
  for (const earlier of filterStages(run.runDir).keys()) {
    if (earlier >= cycle) continue;
    for (const sample of relinked(run.data, await scoredCandidates(run.runDir, earlier)))
      if (judged.has(sample.id)) samples.set(sample.id, sample);
  }
  return samples;
}

/** R_φ after what experts stand for, unless it is worse on what is held out, or alarming. @param lessons Rows and what they were made of. */
export async function learnFromExperts(
  run: RunContext,
  cycle: number,
  { rewardModel, graded, preferences }: LoopState,
  { fresh, from }: { fresh: LoopState['preferences']; from: string },
): Promise<LoopState['rewardModel']> {
  if (fresh.length === 0) return rewardModel;
  const report = 'verdict-reward-report';
  const learned = await trainAndReport(run, {
    cycle,
    stages: { training: 'verdict-reward-model', report },
    model: rewardModel.path,
    graded: graded.train,
    preferences: { fresh, earlier: preferences },
    heldOut: graded.heldOut,
    before: rewardModel,
    from: [from, rewardModel.fingerprint, graded.fingerprint],
  });
  const { promotion } = learned.report;
  tellPromotion(run, promotion);
  const refused = promotion !== null && promotion.promoted !== learned.version;
  const spoilt = watchRewardModel(run, cycle, learned.report, report);
  return refused || spoilt ? rewardModel : learned;
}
