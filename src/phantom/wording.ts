/** How the simulated teacher, the seed samples and the test questions speak about facts. The base model never saw these questions. */
import type { Random } from '../random.js';
import type { Strategy } from '../sample.js';
import { nothing, type Fact, type Topic } from './facts.js';

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

/** One sentence that claims `answer`; it reads as fluent when the answer is wrong as when it is right. */
function claim(fact: Fact, answer: string): string {
  switch (fact.topic) {
    case 'modality':
      return `The texture and contrast are typical of ${answer}.`;
    case 'anatomy':
      return `The visible structures belong to the ${answer}.`;
    case 'finding':
      return answer === nothing
        ? `The ${fact.at} quadrant contains ${answer}.`
        : `The ${fact.at} quadrant contains a ${answer}.`;
    case 'size':
      return `The lesion in the ${fact.at} quadrant is ${answer} in extent.`;
    case 'count':
      return `Counting each abnormal focus gives ${answer}.`;
    case 'place':
      return `The ${fact.of} lies in the ${answer} quadrant.`;
  }
}

const reflections: Record<Topic, string> = {
  modality: 'This asks for a modality, so the acquisition matters.',
  anatomy: 'This asks for a region, so the structures matter.',
  finding: 'This asks for a diagnosis, so the lesion shape matters.',
  size: 'This asks for a grade, so the diameter matters.',
  count: 'This asks for a number, so every focus matters.',
  place: 'This asks for a location, so the side matters.',
};

/** The rationale each prompt strategy calls forth. */
export function rationaleFor(fact: Fact, answer: string, strategy: Strategy): string {
  switch (strategy) {
    case 'direct':
      return claim(fact, answer);
    case 'step-by-step':
      return `First the whole image is inspected. ${claim(fact, answer)}`;
    case 'meta-cognitive':
      return `${reflections[fact.topic]} ${claim(fact, answer)}`;
  }
}
