/** The wordings of `question-templates.json`: which there are for a question, and their places filled in. */
import { articleFor } from '../../grading/inflection.js';
import type { Random } from '../../random.js';
import type { ClassName } from '../labels/class-names.js';
import { templates, type Wordings } from './question-templates.js';

/** What can be asked of labels. */
export const asks = ['which', 'presence', 'modality', 'count', 'place', 'side', 'most', 'middle', 'largest'] as const;
/** One kind of question that can be made of labels. */
export type Ask = (typeof asks)[number];

export interface Wording {
  question: string;
  rationale: string;
  /** Which of the wordings, from 1. */
  number: number;
}

interface Asked {
  ask: Ask;
  /** Of `which` and `presence`. */
  kind: keyof (typeof templates)['presence'];
  name: ClassName | null;
  answer: string;
}

export function wordingOf({ ask, kind, name, answer }: Asked, random: Random): Wording {
  const { questions, rationales } = wordingsOf(ask, kind, answer);
  const question = random.pick(questions);
  const filled = (text: string): string => fill(text, name, answer);
  return {
    question: filled(question),
    rationale: filled(random.pick(rationales)),
    number: questions.indexOf(question) + 1,
  };
}

function wordingsOf(ask: Ask, kind: Asked['kind'], answer: string): Wordings {
  if (ask === 'presence') {
    const { questions, yes, no } = templates.presence[kind];
    return { questions, rationales: answer === 'Yes' ? yes : no };
  }
  if (ask === 'which') return templates.which[kind === 'healthy' ? 'disease' : kind];
  return templates[ask].any;
}

function fill(text: string, name: ClassName | null, answer: string): string {
  const { one = '', many = '' } = name ?? {};
  const words: Readonly<Record<string, string>> = {
    answer,
    class: one,
    Class: capital(one),
    'a class': `${articleFor(one)} ${one}`,
    'A class': capital(`${articleFor(one)} ${one}`),
    classes: many,
  };
  return text.replaceAll(/\{([^}]+)\}/g, (whole, key: string) => words[key] ?? whole);
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
