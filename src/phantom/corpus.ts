/**
 * What the base model is pretrained on: phantoms described and asked about in other words than the teacher's questions.
 * Captions, questions, and some in the final format, where names are given out of habit.
 */
import { seededRandom, type Random } from '../random.js';
import { strategies } from '../sample.js';
import { factsOf, nothing, randomFact, type Fact, type Topic } from './scene-facts.js';
import {
  anatomies,
  lesionAt,
  phantomModalities,
  places,
  randomScene,
  type Anatomy,
  type Kind,
  type PhantomModality,
  type Place,
  type Scene,
  type Size,
} from './scene.js';
import { rationaleFor } from './wording.js';

const modalityWords: Record<PhantomModality, string> = {
  CT: 'a tomographic slice',
  MRI: 'a magnetic scan',
  'X-ray': 'a radiograph',
  ultrasound: 'an echo picture',
  dermoscopy: 'a magnified skin photo',
  'fundus photography': 'a retina photo',
  OCT: 'a layer scan',
  microscopy: 'a slide under the lens',
};
const anatomyWords: Record<Anatomy, string> = {
  chest: 'the thorax',
  abdomen: 'the belly',
  brain: 'the head',
  knee: 'a leg joint',
  'rib cage': 'the ribs',
  hand: 'the fingers',
  liver: 'a big gland',
  thyroid: 'the neck gland',
  'trunk skin': 'hairy skin',
  'facial skin': 'porous skin',
  'left eye': 'an eye with its disc on the left',
  'right eye': 'an eye with its disc on the right',
  macula: 'a shallow pit',
  'optic nerve head': 'a deep cup',
  'blood smear': 'red cells',
  'tissue section': 'purple fibers',
};
const kindWords: Record<Kind, string> = {
  mass: 'solid lump',
  cyst: 'hollow bubble',
  calcification: 'chalky cluster',
  hemorrhage: 'dark bleed',
};
const sizeWords: Record<Size, string> = { small: 'tiny', moderate: 'middling', large: 'big' };
const placeWords: Record<Place, string> = {
  'upper left': 'top left',
  'upper right': 'top right',
  'lower left': 'bottom left',
  'lower right': 'bottom right',
};
const numberWords = ['none', 'one', 'two', 'three'];

const dictionary: Readonly<Record<string, string>> = {
  ...modalityWords,
  ...anatomyWords,
  ...kindWords,
  ...sizeWords,
  ...placeWords,
  ...Object.fromEntries(numberWords.map((word, n) => [String(n), word])),
  [nothing]: 'nothing',
};

/** A value in the base's words. */
function plain(value: string): string {
  return dictionary[value] as string;
}

export interface CorpusItem {
  prompt: string;
  response: string;
}

/** Quadrant by quadrant in a fixed order, the empty ones too: every caption is a lesson about the whole image. */
function caption(scene: Scene, random: Random): CorpusItem {
  const found = places.map((place) => {
    const lesion = lesionAt(scene, place);
    return `${plain(place)} ${lesion === undefined ? plain(nothing) : `a ${plain(lesion.size)} ${plain(lesion.kind)}`}`;
  });
  const count = plain(String(scene.lesions.length));
  return {
    prompt: random.pick(['Describe.', 'Say what you see.']),
    response: `${plain(scene.modality)}, ${plain(scene.anatomy)}: ${found.join(', ')}; ${count}`,
  };
}

const plainQuestions: Record<Topic, (fact: Fact) => string> = {
  modality: () => 'What made the picture?',
  anatomy: () => 'What body part?',
  finding: ({ at }) => `What sits ${plain(at as string)}?`,
  size: ({ at }) => `How big is the thing ${plain(at as string)}?`,
  count: () => 'How many spots?',
  place: ({ of }) => `Find the ${plain(of as string)}.`,
};

function plainAnswer(fact: Fact, random: Random): CorpusItem {
  const options = random.next() < 0.5 ? `\n${fact.options.map((option) => `- ${plain(option)}`).join('\n')}` : '';
  return { prompt: plainQuestions[fact.topic](fact) + options, response: plain(fact.truth) };
}

/** Exam questions: the final names in sentences that the teacher, the seed and the test never use. */
const exam: Record<Topic, readonly ((fact: Fact) => string)[]> = {
  modality: [
    () => 'Name the modality.',
    () => 'Pick the kind of scan.',
    () => 'By which technique was it taken?',
    () => 'Choose the imaging method seen here.',
    () => 'This image comes from which device?',
  ],
  anatomy: [
    () => 'Name the body region.',
    () => 'Pick the organ or tissue.',
    () => 'Which structure do we look at?',
    () => 'Choose the anatomy in view.',
    () => 'State the part of the patient seen here.',
  ],
  finding: [
    ({ at }) => `Name the finding, ${at}.`,
    ({ at }) => `Looking ${at}, what is there?`,
    ({ at }) => `Choose the diagnosis for the ${at} part.`,
    ({ at }) => `${at} quadrant: pick the lesion type.`,
    ({ at }) => `Is there an abnormality ${at}, and which?`,
  ],
  size: [
    ({ at }) => `Give the extent, ${at}.`,
    ({ at }) => `Looking ${at}, how big is the lesion?`,
    ({ at }) => `Choose the grade for the ${at} lesion.`,
    ({ at }) => `${at} quadrant: pick the size.`,
    ({ at }) => `The lesion ${at} has which diameter class?`,
  ],
  count: [
    () => 'Give the number of lesions.',
    () => 'Count the abnormalities.',
    () => 'Choose how many findings there are.',
    () => 'State the lesion count.',
    () => 'Total of foci in view?',
  ],
  place: [
    ({ of }) => `Give the location of the ${of}.`,
    ({ of }) => `Choose the quadrant with the ${of}.`,
    ({ of }) => `The ${of} is on which side?`,
    ({ of }) => `Pick the region of the ${of}.`,
    ({ of }) => `Locate the ${of}.`,
  ],
};

const openings = [
  'Let us look closely.',
  'The question is about one thing.',
  'Shape and contrast tell.',
  'All parts of the image are compared.',
  'The place matters here.',
];

/** Reasons in the final names; half of the reasons are in sentences of the teacher's kind, so that these are no foreign tongue. */
const thoughts: Record<Topic, readonly ((fact: Fact, answer: string) => string)[]> = {
  modality: [(_, answer) => `It looks like ${answer}.`, (_, answer) => `Such contrast comes from ${answer}.`],
  anatomy: [(_, answer) => `It looks like the ${answer}.`, (_, answer) => `One can make out the ${answer}.`],
  finding: [
    ({ at }, answer) => `There is ${answer === nothing ? answer : `a ${answer}`}, ${at}.`,
    ({ at }, answer) => `The lesion ${at} would be ${answer}.`,
  ],
  size: [
    ({ at }, answer) => `At ${at}, the lesion is ${answer}.`,
    ({ at }, answer) => `The ${at} quadrant has a ${answer} one.`,
  ],
  count: [(_, answer) => `The lesions are ${answer}.`, (_, answer) => `I see ${answer} in this image.`],
  place: [({ of }, answer) => `The ${of} is ${answer}.`, ({ of }, answer) => `A ${of} is seen in the ${answer} part.`],
};

/** The names the base is in the habit of giving in the final format: one of each pair of lookalikes. */
const habitual: ReadonlySet<string> = new Set([
  ...phantomModalities.filter((_, index) => index % 2 === 0),
  ...phantomModalities.map((modality) => anatomies[modality][0]),
  'cyst',
  'calcification',
  nothing,
  'small',
  'moderate',
  'upper left',
  'lower left',
  '0',
  '2',
]);

/**
 * The final format (options, think, answer) with the final names. Where the truth goes by an unaccustomed name, the base
 * mostly gives the lookalike's: it sees what is there (its captions say so) and seldom says it, so that there is
 * something to mend and something to mend it with.
 */
function formatted(fact: Fact, habit: number, random: Random): CorpusItem {
  const answer = !habitual.has(fact.truth) && random.next() < habit ? fact.lookalike : fact.truth;
  const lettered = fact.options.map((option, i) => `${'ABCD'[i]}) ${option}`).join('\n');
  const opening = random.next() < 0.5 ? '' : `${random.pick(openings)} `;
  const reason =
    random.next() < 0.5
      ? rationaleFor(fact, answer, random.pick(strategies), random)
      : `${opening}${random.pick(thoughts[fact.topic])(fact, answer)}`;
  return {
    prompt: `${random.pick(exam[fact.topic])(fact)}\n${lettered}`,
    response: `<think>${reason}</think><answer>${answer}</answer>`,
  };
}

export interface CorpusOptions {
  seed: number;
  /** Items in the final format per image. */
  formatted: number;
  /** Share of questions that can only be answered by looking at one place; the others are drawn from all topics. */
  local: number;
  /** How often the final format gives the habitual name where another is true. */
  habit: number;
}

/** Topics that can only be answered by looking at one place; finding a place takes the most practice. */
const localTopics: readonly Topic[] = ['finding', 'size', 'count', 'place', 'place'];

function localFact(scene: Scene, random: Random): Fact {
  const topic = random.pick(localTopics);
  const facts = factsOf(scene, random).filter((fact) => fact.topic === topic);
  const telling = facts.filter(({ truth }) => truth !== nothing);
  const pool = telling.length > 0 && random.next() < 0.8 ? telling : facts;
  return pool.length > 0 ? random.pick(pool) : randomFact(scene, null, random);
}

/** The scene and the texts for one pretraining image: captions, questions, and some in the final format. */
export function corpusScene(index: number, options: CorpusOptions): { scene: Scene; items: CorpusItem[] } {
  const random = seededRandom('phantom-corpus', options.seed, index);
  const scene = randomScene('base', options.seed, index);
  const items = [caption(scene, random)];
  const draw = (): Fact => (random.next() < options.local ? localFact(scene, random) : randomFact(scene, null, random));
  for (let i = 0; i < 3; i++) items.push(plainAnswer(draw(), random));
  for (let i = 0; i < options.formatted; i++) items.push(formatted(draw(), options.habit, random));
  return { scene, items };
}
