/**
 * Turns completions of the policy into training data for the reward model, by the same rules as the reward:
 * grades for the squared loss, pairs within a prompt for the pairwise loss.
 */
import type { Sample } from '../sample.js';
import { judgeCompletion, type Key } from './reading/extract.js';
import type { ResponseFormat } from './response-format.js';

/** The four grades of MedGR² (supplement): radiologist's text, light rewording, incoherent, irrelevant or made up. */
export type Grade = 10 | 6 | 0 | -6;

/**
 * Grade of a completion: 10 correct and well-formed, 6 correct but ill-formed, 0 no answer found, -6 wrong.
 * @example
 * gradeCompletion('<answer>MRI</answer>', { options: ['CT', 'MRI'], answer: 'MRI' }, 'answer-only'); // → 10
 * gradeCompletion('I think CT.', { options: ['CT', 'MRI'], answer: 'MRI' }, 'answer-only'); // → -6
 */
export function gradeCompletion(completion: string, sample: Key, format: ResponseFormat): Grade {
  const { answer, correct, wellFormed } = judgeCompletion(completion, sample, format);
  if (answer === null) return 0;
  if (!correct) return -6;
  return wellFormed ? 10 : 6;
}

/** A completion with its grade, and the pair it is in. */
export interface PreferenceRow {
  sample: Sample;
  completion: string;
  grade: Grade;
  /** Joins the two rows of a pair; null for a row without a partner. */
  pair: string | null;
  /** Whether the row is the better of its pair; null without a pair. */
  chosen: boolean | null;
}

/** Graded completions and the pairs made of them. */
export interface PreferenceSet {
  /** All distinct completions with their grades. */
  rows: PreferenceRow[];
  pairs: { id: string; sample: Sample; chosen: string; rejected: string }[];
}

/** What form a well-formed response has. */
export interface PreferenceOptions {
  format: ResponseFormat;
}

/**
 * Grades completions and pairs them within each sample: best with worst, second best with second worst, while the
 * grades differ. Each completion is in one pair at most; a repeated completion of a sample counts once.
 */
export function preferences(
  items: readonly { sample: Sample; completion: string }[],
  { format }: PreferenceOptions,
): PreferenceSet {
  const bySample = new Map<string, PreferenceRow[]>();
  for (const { sample, completion } of items) {
    const rows = bySample.get(sample.id) ?? [];
    bySample.set(sample.id, rows);
    if (rows.some((row) => row.completion === completion)) continue;
    rows.push({ sample, completion, grade: gradeCompletion(completion, sample, format), pair: null, chosen: null });
  }
  const pairs: PreferenceSet['pairs'] = [];
  for (const [sampleId, rows] of bySample) {
    const ranked = [...rows].sort((a, b) => b.grade - a.grade);
    for (let i = 0; i < Math.floor(ranked.length / 2); i++) {
      const [better, worse] = [ranked[i], ranked[ranked.length - 1 - i]];
      if (better === undefined || worse === undefined || better.grade === worse.grade) break;
      const id = `${sampleId}:${i}`;
      Object.assign(better, { pair: id, chosen: true });
      Object.assign(worse, { pair: id, chosen: false });
      pairs.push({ id, sample: better.sample, chosen: better.completion, rejected: worse.completion });
    }
  }
  return { rows: [...bySample.values()].flat(), pairs };
}
