/**
 * Which questions GRPO asks. Pure: the same run and cycle give the same. GRPO turns what a policy sometimes says into what it
 * says, so it needs questions that SFT has not learned by heart; R_φ judges the answers, so that nobody need know them.
 */
import type { Config } from '../../config/schema.js';
import type { PoolImage } from '../../dataset/sources/data-source.js';
import { seededRandom } from '../../random.js';
import { normalize } from '../../reward/words/normal-text.js';
import type { Sample } from '../../sample.js';

export type PromptSource = 'accepted' | 'rejected' | 'trusted' | 'templates';

export interface GrpoPrompts {
  samples: Sample[];
  /** Ids of samples whose answers may be compared with; null for all. The others have none. */
  trusted: ReadonlySet<string> | null;
  /** How many come from where; only of what there is. */
  sources: Partial<Record<PromptSource, number>>;
}

export interface PromptSources {
  cycle: number;
  /** D_gen, which SFT has learned. */
  learned: readonly Sample[];
  /** What generators wrote in this cycle and before; what D_gen took of it is left out here. */
  written: readonly Sample[];
  /** Trusted samples. */
  seed: readonly Sample[];
  pool: readonly PoolImage[];
  /** Whether an image measures something: a test question, a gold or held-out trusted sample, or another image of such a patient. */
  isHeld(imageHash: string): boolean;
}

type PromptSettings = Pick<Config, 'seed'> & { grpo: AskedFor & Pick<Config['grpo'], 'fresh'> };
type AskedFor = Pick<Config['grpo'], 'prompts' | 'maxSteps' | 'batchSize' | 'accumulation' | 'numGenerations'>;

/** Prompts of one step, and of all of them. */
export function promptsAsked({ maxSteps, batchSize, accumulation, numGenerations }: Omit<AskedFor, 'prompts'>) {
  const step = Math.max(1, Math.floor((batchSize * accumulation) / numGenerations));
  return { step, all: step * maxSteps };
}

export function grpoPrompts({ seed, grpo }: PromptSettings, sources: PromptSources): GrpoPrompts {
  const { learned, cycle } = sources;
  if (grpo.prompts === 'accepted') return asWritten(learned);
  const { step, all } = promptsAsked(grpo);
  const fresh = freshPrompts(seed, grpo.fresh.from, sources, grpo.prompts === 'mixed' ? Math.ceil(all / 2) : all);
  // What fills not even one step would be no training.
  if (grpo.prompts === 'fresh' && fresh.length >= step) return gathered(fresh);
  const rest = seededRandom(seed, cycle, 'mixed prompts')
    .shuffle(learned)
    .slice(0, all - fresh.length);
  return gathered([...rest.map((sample): Prompt => ({ source: 'accepted', sample })), ...fresh]);
}

/** The questions of these samples, with their answers. */
export const asWritten = (learned: readonly Sample[]): GrpoPrompts => ({
  samples: [...learned],
  trusted: null,
  sources: { accepted: learned.length },
});

interface Prompt {
  source: PromptSource;
  sample: Sample;
}

function gathered(prompts: readonly Prompt[]): GrpoPrompts {
  const groups = [...Map.groupBy(prompts, ({ source }) => source)];
  const answered = prompts.filter(({ source }) => source === 'accepted' || source === 'trusted');
  return {
    samples: prompts.map(({ sample }) => sample),
    trusted: answered.length === prompts.length ? null : new Set(answered.map(({ sample }) => sample.id)),
    sources: Object.fromEntries(groups.map(([source, group]) => [source, group.length])),
  };
}

/**
 * As many as are asked for: a source is used where those before it do not suffice. Of questions that stand in several places
 * the first counts; none of them is one that SFT has learned.
 */
function freshPrompts(
  seed: number,
  from: Config['grpo']['fresh']['from'],
  { cycle, learned, written, seed: trusted, pool, isHeld }: PromptSources,
  most: number,
): Prompt[] {
  const asked = new Set([...learned, ...written].map(({ imageHash }) => imageHash));
  const candidates: Record<(typeof from)[number], () => Prompt[]> = {
    rejected: () => written.map((sample) => ({ source: 'rejected', sample: unanswered(sample) })),
    trusted: () => trusted.map((sample) => ({ source: 'trusted', sample })),
    templates: () =>
      templatePrompts(
        seed,
        cycle,
        trusted,
        pool.filter(({ imageHash }) => !asked.has(imageHash)),
      ),
  };
  const random = seededRandom(seed, cycle, 'fresh prompts');
  const seen = new Set(learned.map(questionKey));
  const found: Prompt[] = [];
  for (const source of new Set(from)) {
    for (const prompt of random.shuffle(candidates[source]())) {
      const key = questionKey(prompt.sample);
      if (found.length >= most) return found;
      if (isHeld(prompt.sample.imageHash) || seen.has(key)) continue;
      seen.add(key);
      found.push(prompt);
    }
  }
  return found;
}

const questionKey = ({ imageHash, question }: Sample): string => `${imageHash}\n${normalize(question)}`;

/** The question without the answer that R_φ did not believe: what is not there cannot be rewarded by mistake. */
const unanswered = (sample: Sample): Sample => ({ ...sample, answer: '', rationale: '' });

/** A trusted sample's question put to each image of the same modality that nobody has asked about; types take turns. */
function templatePrompts(
  seed: number,
  cycle: number,
  trusted: readonly Sample[],
  images: readonly PoolImage[],
): Prompt[] {
  const random = seededRandom(seed, cycle, 'prompt templates');
  const byModality = Map.groupBy(trusted, ({ modality }) => modality);
  return images.flatMap(({ image, imageHash, modality, questionTypes }, turn) => {
    const usable = (byModality.get(modality) ?? []).filter(
      ({ questionType }) => questionTypes === undefined || questionTypes.includes(questionType),
    );
    const types = [...new Set(usable.map(({ questionType }) => questionType))].toSorted();
    const type = types[turn % types.length];
    if (type === undefined) return [];
    const template = random.pick(usable.filter(({ questionType }) => questionType === type));
    const provenance = { provider: 'template', model: 'none', strategy: null, promptHash: null, cycle };
    const id = `template-${cycle}-${imageHash.slice(0, 16)}`;
    return [{ source: 'templates', sample: { ...unanswered(template), id, image, imageHash, modality, provenance } }];
  });
}
