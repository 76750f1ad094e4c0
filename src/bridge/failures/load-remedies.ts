/** The remedy of failures before the first step: a model that is not what it should be, samples that nobody can read. */
import { medgr2 } from '../../called-as.js';
import type { ErrorCode } from '../../errors.js';

export interface Meaning {
  code: ErrorCode;
  remedy: string;
}

export const ofModels: Readonly<Record<string, Meaning>> = {
  ModelUnloadable: {
    code: 'model-unloadable',
    remedy: 'Copy or download the model again; if it was trained here, train it again from what it was made from.',
  },
  ProcessorUnloadable: {
    code: 'processor-unloadable',
    remedy:
      'The folder must hold the processor and tokenizer files of the model that it was made from; a package that is named ' +
      `is installed into the Python that \`${medgr2} doctor\` names.`,
  },
  NoChatFormat: { code: 'no-chat-format', remedy: 'Use an instruction-tuned model, whose folder has a chat template.' },
  NotARewardModel: {
    code: 'not-a-reward-model',
    remedy: `Give the folder that \`${medgr2} train-reward\`, \`trainRewardModel\` or a run wrote, not a policy or a base model.`,
  },
  NotAPolicy: { code: 'not-a-policy', remedy: 'Give the policy or its base model, not the reward model.' },
  NotForGrpo: { code: 'not-for-grpo', remedy: 'Train this model by SFT alone, or take another family for GRPO.' },
  PixelLimit: {
    code: 'pixel-limit',
    remedy:
      'Set maxPixels of the model as the message says (policy.maxPixels of a configuration, model.maxPixels of a script), or leave it out.',
  },
};

export const ofSamples: Readonly<Record<string, Meaning>> = {
  ReservedTokens: {
    code: 'reserved-tokens',
    remedy: 'Take these tokens out of the samples that are named, or take the samples out.',
  },
  RowsTooLong: {
    code: 'rows-too-long',
    remedy:
      'Shorten the texts, set maxPixels of the model so that images take fewer tokens, or use a model that reads more.',
  },
  ImageUnreadable: { code: 'image-unreadable', remedy: 'Replace the image, or take the sample out.' },
  SampleUnreadable: {
    code: 'sample-unreadable',
    remedy: 'Replace the image or the text of the sample that is named, or take it out.',
  },
  ScoreNotFinite: {
    code: 'score-not-finite',
    remedy: 'Train the reward model again with a lower learning rate, or restore its folder.',
  },
};
