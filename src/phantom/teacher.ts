/**
 * What the simulated teacher believes about a scene. Its errors are systematic, as a model's hallucinations are:
 * in some pairs of modality and topic (its blind spots) it nearly always gives the lookalike; elsewhere it seldom errs.
 * A better prompt strategy opens some blind spots; nothing else does. Its error rates are the configured ones, and printed.
 */
import { seededRandom, type Random } from '../random.js';
import type { QuestionType, Strategy } from '../sample.js';
import { randomFact, topics, type Fact } from './scene-facts.js';
import { phantomModalities, type PhantomModality, type Scene } from './scene.js';
import { askQuestion, rationaleFor } from './wording.js';

/** How often the teacher is wrong inside and outside of its blind spots. */
const errorInBlindSpot = 0.85;
const errorElsewhere = 0.1;

export interface TeacherOptions {
  seed: number;
  /** Share of wrong answers per strategy, averaged over modalities and topics; from 0.1 to 0.85. */
  errorRates: Readonly<Record<Strategy, number>>;
}

export interface PhantomAnswer {
  fact: Fact;
  question: string;
  answer: string;
  rationale: string;
}

/** The share of blind cells that gives an overall error rate. */
function blindShare(errorRate: number): number {
  return Math.min(1, Math.max(0, (errorRate - errorElsewhere) / (errorInBlindSpot - errorElsewhere)));
}

/** The cells of modality and topic a strategy is blind in; a strategy with fewer is blind in a subset of them. */
export function blindSpots(strategy: Strategy, { seed, errorRates }: TeacherOptions): ReadonlySet<string> {
  const cells = phantomModalities.flatMap((modality) => topics.map((topic) => `${modality}|${topic}`));
  const order = seededRandom('teacher-blind-spots', seed).shuffle(cells);
  return new Set(order.slice(0, Math.round(blindShare(errorRates[strategy]) * cells.length)));
}

function errs(fact: Fact, modality: PhantomModality, blind: ReadonlySet<string>, random: Random): boolean {
  const rate = blind.has(`${modality}|${fact.topic}`) ? errorInBlindSpot : errorElsewhere;
  return random.next() < rate;
}

/** The teacher's sample about a scene; the same request always gets the same one. */
export function teach(
  scene: Scene,
  strategy: Strategy,
  questionType: QuestionType,
  options: TeacherOptions,
  blind: ReadonlySet<string>,
): PhantomAnswer {
  const random = seededRandom('teacher', options.seed, scene.jitter, strategy, questionType);
  const fact = randomFact(scene, questionType, random);
  const question = askQuestion(fact, random);
  const answer = errs(fact, scene.modality, blind, random) ? fact.lookalike : fact.truth;
  return { fact, question, answer, rationale: rationaleFor(fact, answer, strategy, random) };
}
