/** One of each part. */
import {
  promptStrategies,
  type Evaluator,
  type EventSink,
  type OwnProvider,
  type OwnStage,
  type PromptStrategy,
  type Provider,
  type ProviderReply,
  type ProviderRequest,
  type SampleFilter,
} from 'medgr2/parts';
import { defineReward, fourGrades, type Grader } from 'medgr2/rewards';

/** Answers every question in the same two ways; a class of its own behind the public interface. */
class Echo implements Provider {
  readonly name = 'echo';
  readonly model = 'echo-1';
  readonly version = '1';
  /** Nothing leaves this machine. */
  readonly endpoint = null;
  readonly capabilities = { structuredOutput: 'json-schema', usage: 'always' } as const;
  asked = 0;

  async complete({ prompt, system }: ProviderRequest): Promise<ProviderReply> {
    this.asked += 1;
    const questionType = /^Question type: (.+)$/m.exec(prompt)?.[1];
    const answer = system.includes('bet') ? 'no' : 'yes';
    const question = `Is it ${this.asked % 3 === 0 ? 'really so' : 'so'}, ${questionType}?`;
    const reply = { questionType, question, options: ['yes', 'no'], rationale: 'It is seen.', answer };
    return { text: JSON.stringify(reply), finish: 'stop', usage: { inputTokens: 10, outputTokens: 5 } };
  }
}
export const echo: OwnProvider & { asked: number } = new Echo();

export const sceptic: PromptStrategy = {
  name: 'sceptic',
  version: '1',
  prompt: (request) => {
    const { system, ...rest } = promptStrategies.direct.prompt(request);
    return { ...rest, system: `${system}\nAsk only what you would bet on.` };
  },
};

const four = fourGrades({ mismatches: 1 });
export const terse: Grader = {
  name: 'terse',
  version: '1',
  grade: (sample, context) => [
    ...four.grade(sample, context),
    { kind: 'terse', grade: 3, response: `<answer>${sample.answer}</answer>` },
  ],
};

export const brevity = defineReward({
  name: 'brevity',
  weight: 0.1,
  version: '1',
  score: (batch) => batch.map(({ completion }) => (completion.length < 400 ? 1 : 0)),
});

/** A plain function goes by its own name. */
export function politeness(batch: readonly { completion: string }[]): number[] {
  return batch.map(({ completion }) => (completion.includes('please') ? 1 : 0));
}

export const settled: SampleFilter = {
  name: 'settled',
  version: '1',
  accept: ({ question }) => !question.includes('really'),
};

export const halve: OwnStage = {
  name: 'halve',
  version: '1',
  after: 'score',
  run: async ({ samples, progress }) => {
    const all = await samples();
    progress(all.length, all.length);
    const kept = all.filter((_, index) => index % 2 === 0);
    return { metrics: { came: all.length, stayed: kept.length }, samples: kept };
  },
};

export const audit: OwnStage = {
  name: 'audit',
  version: '1',
  before: 'sft',
  run: ({ cycle }) => ({ metrics: { cycle } }),
};

export const verbatim: Evaluator = {
  name: 'verbatim',
  version: '1',
  judge: (answers) =>
    answers.map(({ sample, completion }) => ({ predicted: completion, correct: completion.includes(sample.answer) })),
};

export const heard: string[] = [];
export const listener: EventSink = {
  name: 'listener',
  version: '1',
  event: ({ type }) => void heard.push(type),
  close: () => void heard.push('closed'),
};
