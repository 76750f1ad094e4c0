/** Is what the generator wrote, and what the filter took of it, fit to learn from? Detectors on tables of samples. Pure. */
import { percent } from '../../format.js';
import { wilsonInterval } from '../../evaluation/wilson.js';
import { normalize } from '../../reward/words/normal-text.js';
import type { Sample } from '../../sample.js';
import type { Found } from './alarm.js';

/**
 * Set before bench:guards was first run, but for `acceptance`, which lies midway, as ratios go, between what it measured: 0.51 in the
 * lowest of seven healthy loops, 0.29 in the highest of seven whose teacher turned adversarial.
 */
export const limits = {
  /** Samples below which nothing is said. */
  fewest: 20,
  /** Share of samples that one text may have beyond what the commonest has among the trusted ones. */
  template: 0.3,
  duplicates: 0.5,
  /** Distance between two distributions over modalities: half the sum of differences. */
  drift: 0.35,
  /** Share accepted, as a part of the share of the cycle before. */
  acceptance: 0.4,
} as const;

type Text = Pick<Sample, 'question' | 'options' | 'answer' | 'rationale'>;

/** Readings of a sample in which many may turn out to be one text. */
const readings: Readonly<Record<string, (sample: Text) => string | null>> = {
  question: ({ question }) => plain(question),
  answer: ({ answer }) => plain(answer),
  rationale: ({ rationale, options, answer }) => {
    if (rationale.trim() === '') return null;
    const named = [...options, answer].map(plain).toSorted((a, b) => b.length - a.length);
    return named.reduce((text, word) => (word === '' ? text : text.replaceAll(word, '…')), plain(rationale));
  },
};

const plain = (text: string): string => normalize(text).replaceAll(/\d+/g, '#');

export interface CommonText {
  of: string;
  text: string;
  share: number;
}

/** The most common text of each reading. */
export function commonTexts(samples: readonly Text[]): CommonText[] {
  return Object.entries(readings).flatMap(([of, read]) => {
    const texts = samples.flatMap((sample) => read(sample) ?? []);
    const [text, group] =
      [...Map.groupBy(texts, (value) => value)].toSorted((a, b) => b[1].length - a[1].length)[0] ?? [];
    return text === undefined || group === undefined ? [] : [{ of, text, share: group.length / samples.length }];
  });
}

/** @param trusted What is usual: a data set of yes and no has few answers, and that is no fault. */
export function oneTemplate(samples: readonly Text[], trusted: readonly Text[]): Found {
  if (samples.length < limits.fewest) return null;
  const usual = commonTexts(trusted);
  for (const { of, text, share } of commonTexts(samples)) {
    const before = usual.find((common) => common.of === of)?.share ?? 0;
    if (share - before < limits.template) continue;
    return {
      guard: 'template',
      message: `one ${of} fills ${percent(share, 0)} of ${samples.length} samples that the generator wrote (of the trusted ones ${percent(before, 0)} have their commonest): “${short(text)}”`,
      figures: { of, share, trusted: before, text: short(text) },
    };
  }
  return null;
}

export interface Filtered {
  candidates: number;
  accepted: number;
  belowThreshold: number;
}

export function repeated({ candidates, accepted, belowThreshold }: Filtered): Found {
  const above = candidates - belowThreshold;
  const share = above === 0 ? 0 : 1 - accepted / above;
  if (above < limits.fewest || share < limits.duplicates) return null;
  return {
    guard: 'duplicates',
    message: `${percent(share, 0)} of the ${above} candidates above τ are in D_gen already: the generator repeats itself`,
    figures: { above, accepted, share },
  };
}

export function modalityDrift(
  candidates: readonly Pick<Sample, 'modality'>[],
  accepted: readonly Pick<Sample, 'modality'>[],
): Found {
  if (accepted.length < limits.fewest || candidates.length < limits.fewest) return null;
  const shareOf = (samples: readonly Pick<Sample, 'modality'>[], modality: string): number =>
    samples.filter((sample) => sample.modality === modality).length / samples.length;
  const changes = [...new Set(candidates.map(({ modality }) => modality))].map((modality) => ({
    modality,
    before: shareOf(candidates, modality),
    after: shareOf(accepted, modality),
  }));
  const distance = changes.reduce((sum, { before, after }) => sum + Math.abs(after - before), 0) / 2;
  if (distance < limits.drift) return null;
  const most = changes.toSorted((a, b) => Math.abs(b.after - b.before) - Math.abs(a.after - a.before))[0];
  if (most === undefined) return null;
  return {
    guard: 'modalityDrift',
    message: `the filter takes other modalities than it is given: ${most.modality} is ${percent(most.before, 0)} of the candidates and ${percent(most.after, 0)} of the accepted`,
    figures: { distance, modality: most.modality, before: most.before, after: most.after },
  };
}

/** Beyond chance, and to less than the limit: a reward model that was retrained moves it too, by less. */
export function acceptanceFallen(before: Filtered | null, now: Filtered): Found {
  if (before === null || now.candidates < limits.fewest || before.candidates < limits.fewest) return null;
  const shareOf = ({ candidates, belowThreshold }: Filtered): number => (candidates - belowThreshold) / candidates;
  const [was, is] = [shareOf(before), shareOf(now)];
  const high = wilsonInterval(now.candidates - now.belowThreshold, now.candidates)?.high ?? 1;
  if (is >= limits.acceptance * was || high >= was) return null;
  return {
    guard: 'acceptance',
    message: `${percent(is, 0)} of the candidates score above τ, where ${percent(was, 0)} did in the cycle before: the generator writes something else, or the reward model has changed its mind`,
    figures: { before: was, now: is },
  };
}

const short = (text: string): string => (text.length > 80 ? `${text.slice(0, 80)}…` : text);
