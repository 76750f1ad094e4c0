/** What the classes of an image answer: which it is, whether one is there, and how the image was made. */
import type { Random } from '../../random.js';
import { modalities, type Modality } from '../../sample.js';
import { areNested, type ClassName } from '../labels/class-names.js';
import type { Draft } from './draft.js';
import { questionTypeOfKind, type Topic, type TopicLabels } from '../labels/label-set.js';

/** All classes there are. */
export interface Catalogue {
  names: ReadonlyMap<string, ClassName>;
  /** Of images of one modality: the only ones that are mistaken for each other. */
  siblings(topic: Topic, modality: Modality): readonly string[];
}

/** Of a thousand classes that are absent, so many are thought of for one image. */
const mostAbsent = 12;

export function classDrafts(
  labels: readonly TopicLabels[],
  modality: Modality,
  { names, siblings }: Catalogue,
  random: Random,
): Draft[] {
  return labels.flatMap(({ topic, present, absent, unsure }) => {
    const among = siblings(topic, modality);
    const here = new Set(present);
    const named = (key: string): ClassName | null => names.get(key) ?? null;
    // Nobody says of a dyed polyp that it is no polyp, nor of a polyp that it is not dyed.
    const open = (key: string): boolean => {
      const one = named(key)?.one ?? '';
      return present.some((own) => areNested(one, named(own)?.one ?? ''));
    };
    const away = absent ?? among.filter((key) => !here.has(key) && unsure?.has(key) !== true && !open(key));
    const questionType = questionTypeOfKind[topic.kind];
    const which = (key: string): Draft[] => {
      const name = named(key);
      if (name === null || away.length === 0) return [];
      const others = (): string[] => away.flatMap((other) => named(other)?.one ?? []);
      const options = { how: 'some', others } as const;
      const basis = basisOf(topic, `class ${key}`);
      const asked = { ask: 'which', kind: topic.kind, questionType, name: null } as const;
      return [{ ...asked, about: topic.name, answer: name.one, options, basis }];
    };
    const presence = (key: string, answer: 'Yes' | 'No'): Draft[] => {
      const name = named(key);
      if (name === null) return [];
      const basis = basisOf(topic, answer === 'Yes' ? `class ${key}` : `not class ${key}`);
      const kind = name.healthy ? 'healthy' : topic.kind;
      const about = `${topic.name}\n${key}`;
      return [{ ask: 'presence', kind, questionType, name, about, answer, options: { how: 'yes-no' }, basis }];
    };
    const some = away.length <= mostAbsent ? away : random.shuffle(away).slice(0, mostAbsent);
    return [
      ...present.flatMap(which),
      ...present.flatMap((key) => presence(key, 'Yes')),
      ...some.flatMap((key) => presence(key, 'No')),
    ];
  });
}

const basisOf = ({ name }: Topic, what: string): string => (name === '' ? what : `${name}: ${what}`);

export function modalityDraft(modality: Modality): Draft[] {
  if (modality === 'unknown') return [];
  const others = (): string[] => modalities.filter((other) => other !== modality && other !== 'unknown');
  return [
    {
      ask: 'modality',
      kind: 'attribute',
      questionType: 'modality recognition',
      name: null,
      about: '',
      answer: modality,
      options: { how: 'some', others },
      basis: `modality ${modality}`,
    },
  ];
}
