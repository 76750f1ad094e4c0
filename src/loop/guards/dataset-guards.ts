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
  /** Share of a type of question below which it is a slip; trusted samples of the other types that tell what is usual. */
  rareType: 0.05,
  fewestAlike: 10,
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

type TypedText = Text & Pick<Sample, 'questionType'>;

/**
 * @param trusted What is usual: a data set of yes and no has few answers, and that is no fault. Nor is it that questions of one type
 * are more alike than those of all: they are compared with trusted ones of the types that were written.
 */
export function oneTemplate(samples: readonly TypedText[], trusted: readonly TypedText[]): Found {
  if (samples.length < limits.fewest) return null;
  const usual = commonTexts(ofTypesIn(samples, trusted));
  for (const { of, text, share } of commonTexts(samples)) {
    const before = usual.find((common) => common.of === of)?.share ?? 0;
    if (share - before < limits.template) continue;
    return {
      guard: 'template',
      message: `one ${of} fills ${percent(share, 0)} of ${samples.length} samples that the generator wrote (of the trusted ones like them ${percent(before, 0)} have their commonest): “${short(text)}”`,
      figures: { of, share, trusted: before, text: short(text) },
    };
  }
  return null;
}

/** Trusted samples of types that are no rarity among those; all where they are too few to say what is usual. */
function ofTypesIn(samples: readonly TypedText[], trusted: readonly TypedText[]): readonly TypedText[] {
  const counts = Map.groupBy(samples, ({ questionType }) => questionType);
  const alike = trusted.filter(
    ({ questionType }) => (counts.get(questionType)?.length ?? 0) >= limits.rareType * samples.length,
  );
  return alike.length < limits.fewestAlike ? trusted : alike;
}

export interface Filtered {
  candidates: number;
  belowThreshold: number;
}

export interface Parted {
  accepted: number;
  overlapping: number;
  nearDuplicates: number;
}

/** Of what would be accepted: what a judge or a filter of a person's own refuses repeats nothing. */
export function repeated({ accepted, overlapping, nearDuplicates }: Parted): Found {
  const repeats = overlapping + nearDuplicates;
  const passed = accepted + repeats;
  const share = passed === 0 ? 0 : repeats / passed;
  if (passed < limits.fewest || share < limits.duplicates) return null;
  return {
    guard: 'duplicates',
    message: `${percent(share, 0)} of the ${passed} candidates that would be accepted repeat D_gen or one another: the generator repeats itself`,
    figures: { passed, accepted, share },
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
