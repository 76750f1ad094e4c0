/** What verdicts teach: which samples D_gen loses and why, which are trusted from now on, and what R_φ is to prefer. Pure. */
import { renderResponse } from '../../prompts/policy-prompt.js';
import type { Grade, PreferenceRow } from '../../reward/preference-pairs.js';
import type { Sample } from '../../sample.js';
import { isOn } from './seen.js';
import {
  consensusOf,
  type Consensus,
  type Verdict,
  type VerdictKind,
} from '../../evaluation/verdicts/reader-verdict.js';

/** A sample that experts refused, by name. */
export interface RefusedSample {
  id: string;
  reason: VerdictKind;
  readers: string[];
  /** The right answer, where they gave one and the same. */
  correctedAnswer: string | null;
  comments: string[];
}

/** What verdicts teach: trusted samples, refused ones, texts for R_φ. */
export interface VerdictLessons {
  /** Accepted as they are, or corrected: as good as the samples that the run began with. */
  trusted: Sample[];
  refused: RefusedSample[];
  /** Refused texts with their grades; a corrected answer beside the wrong one as a pair. Accepted texts are among `trusted`. */
  rows: PreferenceRow[];
  /** Samples on which as many readers say yes as no: nothing is learned from them until that is settled. */
  disputed: string[];
  /** Samples that were made anew since they were judged: verdicts on what they were teach nothing. */
  outdated: string[];
}

/** @param samples By id; a verdict on a sample that is not among them teaches nothing. */
export function verdictLessons(standing: readonly Verdict[], samples: ReadonlyMap<string, Sample>): VerdictLessons {
  const lessons: VerdictLessons = { trusted: [], refused: [], rows: [], disputed: [], outdated: [] };
  const isOutdated = (verdict: Verdict): boolean => {
    const sample = samples.get(verdict.item);
    return sample !== undefined && !isOn(verdict, sample);
  };
  lessons.outdated.push(...new Set(standing.filter(isOutdated).map(({ item }) => item)));
  for (const consensus of consensusOf(standing.filter((verdict) => !isOutdated(verdict))).values()) {
    const sample = samples.get(consensus.item);
    if (sample === undefined) continue;
    if (consensus.accept === null) lessons.disputed.push(sample.id);
    else if (consensus.accept) lessons.trusted.push(sample);
    else refuse(lessons, sample, consensus);
  }
  return lessons;
}

function refuse(lessons: VerdictLessons, sample: Sample, { verdicts }: Consensus): void {
  const against = verdicts.filter(({ verdict }) => verdict !== 'accept');
  const reason = mostFrequent(against.map(({ verdict }) => verdict));
  const [answer = null, ...others] = new Set(against.flatMap(({ correctedAnswer }) => correctedAnswer ?? []));
  const correctedAnswer = reason === 'wrong-answer' && others.length === 0 ? answer : null;
  lessons.refused.push({
    id: sample.id,
    reason,
    readers: against.map(({ reader }) => reader),
    correctedAnswer,
    comments: against.flatMap(({ comment }) => comment ?? []),
  });
  lessons.rows.push({ sample, completion: renderResponse(sample), grade: gradeOf(reason), pair: null, chosen: null });
  if (correctedAnswer === null) return;
  // What argued for the wrong answer argues for no other.
  const corrected: Sample = {
    ...sample,
    id: `${sample.id}-corrected`,
    answer: correctedAnswer,
    rationale: '',
    provenance: { ...sample.provenance, basis: correctedBasis },
    score: null,
    rewardModelVersion: null,
  };
  lessons.trusted.push(corrected);
  // Bare answers: the pair differs in nothing else.
  const of = (text: string, grade: Grade): PreferenceRow => ({
    sample,
    completion: renderResponse({ rationale: '', answer: text }),
    grade,
    pair: `${sample.id}:corrected`,
    chosen: grade > 0,
  });
  lessons.rows.push(of(correctedAnswer, 10), of(sample.answer, -6));
}

const correctedBasis = 'corrected by an expert';
/** Whether the sample is an expert's correction of a candidate. */
export const isCorrection = ({ provenance }: Sample): boolean => provenance.basis === correctedBasis;

/** A right answer with reasons that do not hold is incoherent; anything else is as good as made up. */
const gradeOf = (reason: VerdictKind): Grade => (reason === 'bad-rationale' ? 0 : -6);

function mostFrequent(kinds: readonly VerdictKind[]): VerdictKind {
  const counts = [...Map.groupBy(kinds, (kind) => kind)].toSorted(([, a], [, b]) => b.length - a.length);
  return counts[0]?.[0] ?? 'skip';
}
