/** How the simulated teacher, the seed samples and the test questions speak about facts. The base model never saw these questions. */
import type { Random } from '../random.js';
import type { Strategy } from '../sample.js';
import { nothing, type Fact, type Topic } from './scene-facts.js';

const questions: Record<Topic, readonly ((fact: Fact) => string)[]> = {
  modality: [
    () => 'Which imaging modality was used to acquire this image?',
    () => 'What type of medical imaging produced this picture?',
  ],
  anatomy: [
    () => 'Which anatomical region is shown in this image?',
    () => 'What part of the body does this image depict?',
  ],
  finding: [
    ({ at }) => `What is the most likely finding in the ${at} quadrant?`,
    ({ at }) => `Which abnormality does the ${at} region of the image contain?`,
  ],
  size: [
    ({ at }) => `How would you grade the extent of the lesion in the ${at} quadrant?`,
    ({ at }) => `What is the size grade of the abnormality located ${at}?`,
  ],
  count: [
    () => 'How many lesions can be identified in this image?',
    () => 'What is the total number of visible lesions?',
  ],
  place: [({ of }) => `In which quadrant is the ${of} located?`, ({ of }) => `Where does the image show the ${of}?`],
};

export function askQuestion(fact: Fact, random: Random): string {
  return random.pick(questions[fact.topic])(fact);
}

/** Recognises which fact a question of this wording asks about; null for anything else. */
export function recognise(question: string, facts: readonly Fact[]): Fact | null {
  return facts.find((fact) => questions[fact.topic].some((ask) => ask(fact) === question)) ?? null;
}

type Claim = (fact: Fact, answer: string) => string;
const withArticle = (answer: string): string => (answer === nothing ? answer : `a ${answer}`);

/** Sentences that claim an answer; they read as fluent when it is wrong as when it is right. */
const claims: Record<Topic, readonly [Claim, Claim]> = {
  modality: [
    (_, answer) => `The texture and contrast are typical of ${answer}.`,
    (_, answer) => `The image shows the usual appearance of ${answer}.`,
  ],
  anatomy: [
    (_, answer) => `The visible structures belong to the ${answer}.`,
    (_, answer) => `The picture shows the general form of the ${answer}.`,
  ],
  finding: [
    ({ at }, answer) => `The ${at} quadrant contains ${withArticle(answer)}.`,
    ({ at }, answer) => `The area in the ${at} corner shows ${withArticle(answer)}.`,
  ],
  size: [
    ({ at }, answer) => `The lesion in the ${at} quadrant is ${answer} in extent.`,
    ({ at }, answer) => `The area of the ${at} lesion appears ${answer}.`,
  ],
  count: [
    (_, answer) => `Counting each abnormal focus gives ${answer}.`,
    (_, answer) => `The entire picture shows a total of ${answer}.`,
  ],
  place: [
    ({ of }, answer) => `The ${of} lies in the ${answer} quadrant.`,
    ({ of }, answer) => `The ${of} is located near the ${answer} corner.`,
  ],
};

const reflections: Record<Topic, string> = {
  modality: 'This asks for a modality, so the acquisition matters.',
  anatomy: 'This asks for a region, so the structures matter.',
  finding: 'This asks for a diagnosis, so the lesion shape matters.',
  size: 'This asks for a grade, so the diameter matters.',
  count: 'This asks for a number, so every focus matters.',
  place: 'This asks for a location, so the side matters.',
};

/** The rationale each prompt strategy calls forth. */
export function rationaleFor(fact: Fact, answer: string, strategy: Strategy, random: Random): string {
  const claim = random.pick(claims[fact.topic])(fact, answer);
  switch (strategy) {
    case 'direct':
      return claim;
    case 'step-by-step':
      return `First the whole image is inspected. ${claim}`;
    case 'meta-cognitive':
      return `${reflections[fact.topic]} ${claim}`;
  }
}
