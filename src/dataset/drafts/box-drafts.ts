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
      return [countDraft(name, boxes.length, steps.get(key) ?? 1), ...placeDrafts(name, boxes, labels.size)];
    }),
    ...mostDraft(labels, names),
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
