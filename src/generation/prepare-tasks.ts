/** What a pass over the tasks works with: the request of each, how it ended, and which were not answered. */
import type { ProviderCallError } from '../providers/call-error.js';
import type { PreparedRequest } from './asking/generation-request.js';
import type { GenerateOptions } from './generation-options.js';
import type { Performance } from './generation-run.js';
import type { KeyTable } from './replies/key-table.js';
import type { Outcome } from './outcome.js';
import { dropTask } from './task-outcome.js';

/** Tasks without an answer, by their place among all, each with why. */
export type Unanswered = Map<number, ProviderCallError>;

export interface PassHooks {
  /** How a task ended. */
  settle: (index: number, outcomes: readonly Outcome[]) => void;
  /** What a person should know while it waits. */
  notice: (message: string) => void;
}

/** What a task asks; null for one that stands twice, which is settled. */
export type Prepare = (index: number) => PreparedRequest | null;

export function preparer(
  { tasks }: Pick<GenerateOptions, 'tasks'>,
  { parameters, inquiry }: Performance,
  { settle }: PassHooks,
  /** The place of each request among the tasks. */
  first: KeyTable,
): Prepare {
  const requestOf = (index: number): PreparedRequest | null => {
    const task = tasks.at(index);
    return task === undefined ? null : inquiry.prepare(task, index, parameters);
  };
  return (index) => {
    const request = requestOf(index);
    if (request === null) return null;
    const { key } = request;
    const place = first.find(key, (earlier) => earlier === index || requestOf(earlier)?.key === key);
    if (place === undefined) first.add(key, index);
    if (place === undefined || place === index) return request;
    settle(index, dropTask(request, 'duplicate-task', 'The same request stands earlier among the tasks.').outcomes);
    return null;
  };
}
