/**
 * What can be asked about a scene: topics, their true answers, and the wrong answer each is most easily taken for.
 * A fact is language-free; teacher.ts and corpus.ts put it into words of their own.
 */
import type { Random } from '../random.js';
import type { QuestionType } from '../sample.js';
import {
  anatomies,
  kinds,
  lesionAt,
  phantomModalities,
  places,
  sizes,
  type Kind,
  type Place,
  type Scene,
  type Size,
} from './scene.js';

export const topics = ['modality', 'anatomy', 'finding', 'size', 'count', 'place'] as const;
export type Topic = (typeof topics)[number];

/** The question type of OmniMedVQA that a topic belongs to. */
export const topicTypes: Record<Topic, QuestionType> = {
  modality: 'modality recognition',
  anatomy: 'anatomy identification',
  finding: 'disease diagnosis',
  size: 'lesion grading',
  count: 'other biological attributes',
  place: 'other biological attributes',
};

export const nothing = 'no lesion';

export interface Fact {
  topic: Topic;
  /** The quadrant a finding or size question is about. */
  at: Place | null;
  /** The kind of lesion a place question is about. */
  of: Kind | null;
  truth: string;
  /** The wrong answer that a careless observer gives. */
  lookalike: string;
  /** What one can choose from, `truth` and `lookalike` among them, in no particular order. */
  options: readonly string[];
}

const allAnatomies = phantomModalities.flatMap((modality) => [...anatomies[modality]]);

const kindLookalikes: Record<Kind, Kind> = {
  mass: 'cyst',
  cyst: 'mass',
  calcification: 'hemorrhage',
  hemorrhage: 'calcification',
};
const sizeLookalikes: Record<Size, Size> = { small: 'moderate', moderate: 'large', large: 'moderate' };
const placeLookalikes: Record<Place, Place> = {
  'upper left': 'upper right',
  'upper right': 'upper left',
  'lower left': 'lower right',
  'lower right': 'lower left',
};
const counts = ['0', '1', '2', '3'] as const;

function choose(random: Random, truth: string, lookalike: string, others: readonly string[], size: number): string[] {
  const rest = random.shuffle(others.filter((other) => other !== truth && other !== lookalike));
  return random.shuffle([truth, lookalike, ...rest.slice(0, size - 2)]);
}

/** Everything true of a scene that one can ask about; options are drawn with `random`. */
export function factsOf(scene: Scene, random: Random): Fact[] {
  const modalityAt = phantomModalities.indexOf(scene.modality);
  const nextModality = phantomModalities[modalityAt ^ 1] as string;
  const otherAnatomy = anatomies[scene.modality].find((name) => name !== scene.anatomy) as string;
  const count = scene.lesions.length;
  const facts: Fact[] = [
    {
      topic: 'modality',
      at: null,
      of: null,
      truth: scene.modality,
      lookalike: nextModality,
      options: choose(random, scene.modality, nextModality, phantomModalities, 4),
    },
    {
      topic: 'anatomy',
      at: null,
      of: null,
      truth: scene.anatomy,
      lookalike: otherAnatomy,
      options: choose(random, scene.anatomy, otherAnatomy, allAnatomies, 4),
    },
    {
      topic: 'count',
      at: null,
      of: null,
      truth: String(count),
      lookalike: count === 3 ? '2' : String(count + 1),
      options: [...counts],
    },
  ];
  for (const at of places) {
    const lesion = lesionAt(scene, at);
    const truth = lesion?.kind ?? nothing;
    const lookalike = lesion === undefined ? random.pick(kinds) : kindLookalikes[lesion.kind];
    facts.push({
      topic: 'finding',
      at,
      of: null,
      truth,
      lookalike,
      options: choose(random, truth, lookalike, [...kinds, nothing], 4),
    });
    if (lesion === undefined) continue;
    facts.push({
      topic: 'size',
      at,
      of: null,
      truth: lesion.size,
      lookalike: sizeLookalikes[lesion.size],
      options: [...sizes],
    });
    if (scene.lesions.filter(({ kind }) => kind === lesion.kind).length === 1) {
      facts.push({
        topic: 'place',
        at: null,
        of: lesion.kind,
        truth: at,
        lookalike: placeLookalikes[at],
        options: [...places],
      });
    }
  }
  return facts;
}

/** A random fact about the scene of one question type; empty quadrants are asked about less often than lesions. */
export function randomFact(scene: Scene, type: QuestionType | null, random: Random): Fact {
  const facts = factsOf(scene, random).filter((fact) => type === null || topicTypes[fact.topic] === type);
  const telling = facts.filter((fact) => fact.truth !== nothing);
  const pool = telling.length > 0 && (facts.length === telling.length || random.next() < 0.8) ? telling : facts;
  if (pool.length > 0) {
    const topic = random.pick([...new Set(pool.map((fact) => fact.topic))]);
    return random.pick(pool.filter((fact) => fact.topic === topic));
  }
  // A scene without lesions has nothing to grade: ask how many there are instead.
  return factsOf(scene, random).find((fact) => fact.topic === 'count') as Fact;
}
