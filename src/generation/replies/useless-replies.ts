/**
 * Stops a generation whose replies come, and are paid for, but are of no use: a thinking model that spends its tokens, a
 * filter that withholds everything, a model that writes no JSON. Of the latest replies some may be useless, not nearly all.
 */
import { ProviderError } from '../../errors.js';
import type { DropReason } from '../../prompts/parse.js';
import { workNames, type AskingSection } from '../inquiries/asking-section.js';

export interface UselessWatch {
  /** Any share of the replies may be useless. */
  readonly neverStops: boolean;
  useful(): void;
  /** A useful reply of an earlier time: the model can be used, whatever it writes now. */
  wasUseful(): void;
  /** Returns the error to stop with once too many of the latest replies were useless, else null. */
  useless(reason: DropReason, detail: string): ProviderError | null;
}

export interface UselessOptions {
  /** Largest share of the latest replies that may be useless; 1 never stops. */
  share: number;
  section: AskingSection;
  /** `provider/model`, for messages. */
  name: string;
  /** What was paid so far, in words. */
  spent: () => string;
}

/** Replies that are looked at together. A good model's one useless reply in two does not reach 9 in 10 of them by chance. */
const latest = 30;
/** Replies after which one without a single useful one is stopped. */
const first = 12;

export function createUselessWatch({ share, section, name, spent }: UselessOptions): UselessWatch {
  /** Reasons of the latest replies; null for a useful one. */
  const recent: (DropReason | null)[] = [];
  let everUseful = false;
  const add = (reason: DropReason | null): void => {
    recent.push(reason);
    if (recent.length > latest) recent.shift();
  };
  return {
    neverStops: share >= 1,
    useful: () => {
      everUseful = true;
      add(null);
    },
    wasUseful: () => {
      everUseful = true;
    },
    useless: (reason, detail) => {
      add(reason);
      const reasons = recent.filter((one) => one !== null);
      const enough = recent.length >= (everUseful ? latest : first);
      if (!enough || reasons.length <= share * recent.length) return null;
      const counts = [...Map.groupBy(reasons, (one) => one)]
        .map(([kind, all]) => ({ kind, count: all.length }))
        .toSorted((a, b) => b.count - a.count);
      const what = counts.map(({ kind, count }) => `${count} ${kind}`).join(', ');
      return new ProviderError(
        'replies-useless',
        `${workNames[section]} stopped: of the latest ${recent.length} replies ${reasons.length} cannot be used (${what}). ${spent()} Last: ${detail}`,
        {
          where: name,
          remedy:
            `${(remedies[counts[0]?.kind ?? reason] ?? formRemedy)(section)} Replies are kept, and the same command goes on; ` +
            `${section}.maxUseless says what share may be useless.`,
        },
      );
    },
  };
}

const remedies: Partial<Record<DropReason, (section: AskingSection) => string>> = {
  truncated: (section) => `Raise ${section}.maxOutputTokens, or lower how much the model thinks before it answers.`,
  empty: (section) =>
    `Ask the model by hand why it gives no text: it may think without an end (raise ${section}.maxOutputTokens), or the ` +
    'server may hide its words (a reasoning parser).',
  blocked: (section) =>
    "The provider's filter takes these images or replies for something else: lower its thresholds " +
    `(${section}.gemini.safety, or in the account), or take another model.`,
  refused: () => 'The model itself says no to these images: take another model, or one made for medicine.',
  'too-long': (section) =>
    `The server does not keep to ${section}.maxOutputTokens: mend that there, or set maxReplyCharacters.`,
};

const formRemedy = (section: AskingSection): string =>
  'Look at the replies in the reply cache: the model does not write what it is asked for. Take one that follows ' +
  `instructions, or a server that holds replies to a schema (${section}.openai.structuredOutput).`;
