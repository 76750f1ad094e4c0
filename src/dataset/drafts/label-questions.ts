/** All questions about labelled images: what could be asked, what is, and in which words. Pure. */
import { seededRandom } from '../../random.js';
import type { Modality } from '../../sample.js';
import { boxCatalogue, boxDrafts } from './box-drafts.js';
import { chooseDrafts } from './choose-drafts.js';
import { classDrafts, modalityDraft, type Catalogue } from './class-drafts.js';
import { listed, type ClassName } from '../labels/class-names.js';
import { questionKey, type Draft } from './draft.js';
import type { KnownImage } from '../labels/known-images.js';
import type { LabelKind, Topic } from '../labels/label-set.js';
import { questionWriter, type LabelledQuestion } from './labelled-question.js';
import type { Ask } from './question-wording.js';

export interface AskOptions {
  names: ReadonlyMap<string, ClassName>;
  perImage: number;
  seed: number;
  /** What is asked; all that can be where it is null. */
  asks: readonly Ask[] | null;
}

export interface AskedImage {
  known: KnownImage;
  questions: (LabelledQuestion & { ask: Ask })[];
}

export interface Asked {
  images: AskedImage[];
  /** What was not asked, and why. */
  notes: string[];
}

export function askAbout(images: readonly (KnownImage & { middle?: Draft })[], options: AskOptions): Asked {
  const { names, perImage, seed, asks } = options;
  const catalogue: Catalogue = { names, siblings: siblingsIn(images) };
  const boxes = boxCatalogue(
    images.flatMap(({ boxes: own }) => own ?? []),
    names,
  );
  const drafts = images.map(({ image, labels, boxes: own, middle }) => {
    const random = seededRandom('label drafts', seed, image.imageHash);
    const all = [
      ...(middle === undefined ? classDrafts(labels, image.modality, catalogue, random) : [middle]),
      ...(own === null ? [] : boxDrafts(own, boxes)),
      ...modalityDraft(image.modality),
    ];
    return asks === null ? all : all.filter(({ ask }) => asks.includes(ask));
  });
  const chosen = chooseDrafts(drafts, { perImage, seed, wanted: asks });
  const write = questionWriter(seed);
  const asked = images.map((known, index): AskedImage => {
    const own = chosen[index] ?? [];
    return { known, questions: own.map((draft) => ({ ask: draft.ask, ...write(draft, known.image.imageHash) })) };
  });
  return { images: asked, notes: constantNotes(drafts, chosen) };
}

/** Classes by topic and modality, each in the order of its name. */
function siblingsIn(images: readonly KnownImage[]): Catalogue['siblings'] {
  const found = new Map<string, Set<string>>();
  const key = (topic: Topic, modality: Modality): string => `${topic.name}\n${modality}`;
  for (const { image, labels } of images)
    for (const { topic, present, absent } of labels) {
      const known = found.get(key(topic, image.modality)) ?? new Set<string>();
      for (const name of [...present, ...(absent ?? [])]) known.add(name);
      found.set(key(topic, image.modality), known);
    }
  const sorted = new Map([...found].map(([at, classes]) => [at, [...classes].toSorted()]));
  return (topic, modality) => sorted.get(key(topic, modality)) ?? [];
}

/** Questions that every image answers alike. */
function constantNotes(drafts: readonly (readonly Draft[])[], chosen: readonly (readonly Draft[])[]): string[] {
  const asked = new Set(chosen.flat().map(questionKey));
  const groups = Map.groupBy(drafts.flat(), questionKey);
  const left = [...groups].flatMap(([key, [first, ...others]]) =>
    first === undefined || asked.has(key) || others.some(({ answer }) => answer !== first.answer) ? [] : [first],
  );
  const of = (...asks: Ask[]): Draft[] => left.filter(({ ask }) => asks.includes(ask));
  const [presence, number, modality] = [of('presence'), of('count', 'most', 'largest'), of('modality')];
  const everywhere = (answer: string): string[] =>
    presence.flatMap((draft) => (draft.answer === answer ? [draft.name?.one ?? ''] : [])).toSorted();
  return [
    ...(everywhere('Yes').length > 0
      ? [`not asked whether it is there, for every image has it: ${listed(everywhere('Yes'))}`]
      : []),
    ...(everywhere('No').length > 0
      ? [`not asked whether it is there, for no image has it: ${listed(everywhere('No'))}`]
      : []),
    ...number.map(
      ({ ask, name, answer }) =>
        `not asked ${name === null ? (ask === 'most' ? 'what is most frequent' : 'what is largest') : `how many ${name.many}`}: always ${answer}`,
    ),
    ...(modality[0] === undefined
      ? []
      : [`not asked how images were made: all are ${modality[0].answer} (--ask modality asks it)`]),
  ];
}

export function classKinds(
  images: readonly KnownImage[],
  more: readonly string[],
  kind: LabelKind,
): Map<string, LabelKind> {
  const kinds = new Map<string, LabelKind>();
  for (const { labels, boxes } of images) {
    for (const { topic, present, absent } of labels)
      for (const name of [...present, ...(absent ?? [])]) kinds.set(name, topic.kind);
    for (const { name } of boxes?.boxes ?? []) kinds.set(name, kind);
  }
  for (const name of more) if (!kinds.has(name)) kinds.set(name, kind);
  return new Map([...kinds].toSorted(([a], [b]) => a.localeCompare(b)));
}
