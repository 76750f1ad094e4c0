/**
 * What the simulated teacher was asked and what it answered, so that a test can prove that nothing was paid for twice.
 * An answered request is one that got a 200: refusals (429, 503, 4xx) are requests but not answers.
 */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';

export interface TeacherCounts {
  requests: number;
  answered: number;
  /** Answered requests with different content. */
  distinctAnswered: number;
  /** Answers to a request that had been answered before. */
  repeatedAnswered: number;
  /** 429 and 503 sent. */
  overloaded: number;
  /** 500 sent. */
  failing: number;
  /** Left without an answer. */
  stalled: number;
  /** Requests refused as wrong: no key, not a generateContent body, not one of our prompts. */
  rejected: number;
  malformed: number;
  empty: number;
  blocked: number;
  truncated: number;
  /** Calls about files and batches; none of these is a request. */
  batchCalls: number;
  /** Answered with an empty reply because the book has nothing on the image. */
  unknown: number;
}

export interface TeacherTally {
  count(what: Exclude<keyof TeacherCounts, 'answered' | 'distinctAnswered' | 'repeatedAnswered'>): void;
  answer(contentKey: string): void;
  snapshot(): TeacherCounts;
  close(): void;
}

/** @param file Gets one line, the content key, for each answered request; appended before the answer is sent. */
export function createTally(file?: string): TeacherTally {
  const answeredKeys = new Set<string>();
  const descriptor = file === undefined ? null : openSync(file, 'a');
  const counts: TeacherCounts = {
    requests: 0,
    answered: 0,
    distinctAnswered: 0,
    repeatedAnswered: 0,
    overloaded: 0,
    failing: 0,
    stalled: 0,
    rejected: 0,
    malformed: 0,
    empty: 0,
    blocked: 0,
    truncated: 0,
    batchCalls: 0,
    unknown: 0,
  };
  return {
    count: (what) => {
      counts[what]++;
    },
    answer: (contentKey) => {
      counts.answered++;
      if (answeredKeys.has(contentKey)) counts.repeatedAnswered++;
      answeredKeys.add(contentKey);
      counts.distinctAnswered = answeredKeys.size;
      if (descriptor !== null) writeSync(descriptor, `${contentKey}\n`);
    },
    snapshot: () => ({ ...counts }),
    close: () => {
      if (descriptor !== null) closeSync(descriptor);
    },
  };
}

/** Reads a counts file, which may hold the answers of several processes, one after the other. */
export function readAnswered(file: string): Pick<TeacherCounts, 'answered' | 'distinctAnswered' | 'repeatedAnswered'> {
  const keys = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  const distinctAnswered = new Set(keys).size;
  return { answered: keys.length, distinctAnswered, repeatedAnswered: keys.length - distinctAnswered };
}
