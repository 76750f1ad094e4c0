/** What the boxes of an image answer: how many there are, where the only one is, what there is most of. */
import type { ClassName } from '../labels/class-names.js';
import { uncountable } from '../labels/box-rules.js';
import type { Draft } from './draft.js';
import type { Box, BoxLabels } from '../labels/label-set.js';

/** Of all images. */
export interface BoxCatalogue {
  names: ReadonlyMap<string, ClassName>;
  /** Class -> how far apart the numbers among the options are: the same for all images, or it would tell of the answer. */
  steps: ReadonlyMap<string, number>;
}

/** Numbers of a class over images that can be counted on. */
export function boxCatalogue(images: readonly BoxLabels[], names: ReadonlyMap<string, ClassName>): BoxCatalogue {
  const counts = new Map<string, number[]>();
  for (const image of images)
    for (const [name, { length }] of countable(image)) counts.set(name, [...(counts.get(name) ?? []), length]);
  return { names, steps: new Map([...counts].map(([name, all]) => [name, Math.max(1, Math.round(deviation(all)))])) };
}

function deviation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

/** Boxes by class, of classes of which each one is known. */
function countable(labels: BoxLabels): Map<string, Box[]> {
  const doubtful = uncountable(labels);
  return Map.groupBy(
    labels.boxes.filter(({ name }) => !doubtful.has(name)),
    ({ name }) => name,
  );
}

export function boxDrafts(labels: BoxLabels, { names, steps }: BoxCatalogue): Draft[] {
  const found = [...countable(labels)];
  return [
    ...found.flatMap(([key, boxes]) => {
      const name = names.get(key);
      if (name === undefined) return [];
      const count = labels.regions === true ? [] : [countDraft(name, boxes.length, steps.get(key) ?? 1)];
      return [...count, ...placeDrafts(name, boxes, labels.size)];
    }),
    ...(labels.regions === true ? largestDraft(labels, names) : mostDraft(labels, names)),
  ];
}

function countDraft(name: ClassName, count: number, step: number): Draft {
  return {
    ask: 'count',
    kind: 'attribute',
    questionType: 'lesion grading',
    name,
    about: name.key,
    answer: String(count),
    options: { how: 'numbers', step },
    basis: `number of boxes of ${name.key}: ${count}`,
  };
}

const quarters = ['upper left', 'upper right', 'lower left', 'lower right'];

/** Of the only one of its class, where it lies wholly within a quarter or a half of the picture. */
function placeDrafts(name: ClassName, [box, ...others]: readonly Box[], size: BoxLabels['size']): Draft[] {
  if (box === undefined || others.length > 0 || size === null) return [];
  const across = sideOf(box.left, box.right, size.width, 'left', 'right');
  const down = sideOf(box.top, box.bottom, size.height, 'upper', 'lower');
  const draft = (ask: 'place' | 'side', answer: string, all: readonly string[]): Draft => ({
    ask,
    kind: 'attribute',
    questionType: 'anatomy identification',
    name,
    about: name.key,
    answer,
    options: { how: 'some', others: () => all.filter((other) => other !== answer) },
    basis: `the only box of ${name.key}: ${[box.left, box.top, box.right, box.bottom].map(Math.round).join(', ')}`,
  });
  if (across !== null && down !== null) return [draft('place', `${down} ${across}`, quarters)];
  return across === null ? [] : [draft('side', across, ['left', 'right'])];
}

/** Null for what reaches over the middle. */
function sideOf<T>(start: number, end: number, whole: number, low: T, high: T): T | null {
  if (end <= whole / 2) return low;
  return start >= whole / 2 ? high : null;
}

/** Only where one class has more than any other, and none is in doubt. */
function mostDraft(labels: BoxLabels, names: ReadonlyMap<string, ClassName>): Draft[] {
  const ranked = [...countable(labels)].toSorted(([, a], [, b]) => b.length - a.length);
  const [first, second] = ranked;
  if (first === undefined || second === undefined || uncountable(labels).size > 0) return [];
  const [key, boxes] = first;
  const name = names.get(key);
  if (name === undefined || boxes.length === second[1].length) return [];
  const others = (): string[] => [...names.values()].flatMap((other) => (other.key === key ? [] : [other.many]));
  return [
    {
      ask: 'most',
      kind: 'attribute',
      questionType: 'other biological attributes',
      name: null,
      about: '',
      answer: name.many,
      options: { how: 'some', others },
      basis: `number of boxes of ${key}: ${boxes.length}, of ${second[0]}: ${second[1].length}`,
    },
  ];
}

/** So many times as large that nobody need measure. */
const clearly = 1.5;

/** Of regions, where one is clearly larger than any other. */
function largestDraft(labels: BoxLabels, names: ReadonlyMap<string, ClassName>): Draft[] {
  const ranked = labels.boxes.toSorted((a, b) => (b.area ?? 0) - (a.area ?? 0));
  const [first, second] = ranked.map(({ name, area = 0 }) => ({ name: names.get(name), area }));
  if (first?.name === undefined || second?.name === undefined || first.area < clearly * second.area) return [];
  const { key, one } = first.name;
  return [
    {
      ask: 'largest',
      kind: 'attribute',
      questionType: 'lesion grading',
      name: null,
      about: '',
      answer: one,
      options: {
        how: 'some',
        others: () => [...names.values()].flatMap((other) => (other.key === key ? [] : [other.one])),
      },
      basis: `pixels of ${key}: ${first.area}, of ${second.name.key}: ${second.area}`,
    },
  ];
}
