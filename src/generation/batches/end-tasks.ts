/** How tasks end by what batches bring: by their reply, by a second one with more room, or by an error that is theirs. */
import type { ProviderCallError } from '../../providers/call-error.js';
import type { PreparedRequest } from '../asking/generation-request.js';
import type { Performance } from '../generation-run.js';
import type { Prepare, Unanswered } from '../prepare-tasks.js';
import type { Outcome } from '../outcome.js';
import { countUse, dropTask, longerFor, outcomesOf } from '../task-outcome.js';

export interface TaskEnds {
  /** Tasks whose reply was cut off: they are to be asked once more, with more room. */
  again: number[];
  /** What the cache says of a task: how it ends, and what is still to be asked. */
  known(request: PreparedRequest): { outcomes: readonly Outcome[]; wanted: PreparedRequest | null };
  end(index: number, request: PreparedRequest, outcomes: readonly Outcome[], isNew: boolean): void;
  /** A reply of the task came, and is in the cache. */
  take(index: number): void;
  /** @param key Of the request that failed: the task's first, or the longer second one. */
  fail(index: number, key: string, error: ProviderCallError): void;
}

export interface EndHooks {
  settle: (index: number, outcomes: readonly Outcome[]) => void;
  missing: Unanswered;
}

export function endTasks(prepare: Prepare, run: Performance, { settle, missing }: EndHooks): TaskEnds {
  const { cache, counted, progress } = run;
  const again: number[] = [];
  const recall = (request: PreparedRequest): readonly Outcome[] | null => {
    const reply = cache.get(request.key);
    if (reply === undefined) return null;
    if (!counted.has(request.key)) progress.addCached(reply.usage);
    return outcomesOf(request, reply, run);
  };
  const known: TaskEnds['known'] = (request) => {
    const first = recall(request);
    if (first === null) return { outcomes: [], wanted: request };
    const longer = longerFor(request, first, run);
    if (longer === null) return { outcomes: first, wanted: null };
    counted.add(request.key);
    const second = recall(longer);
    return second === null ? { outcomes: first, wanted: longer } : { outcomes: second, wanted: null };
  };
  const end: TaskEnds['end'] = (index, request, outcomes, isNew) => {
    countUse(outcomes, isNew, run);
    counted.delete(request.key);
    settle(index, outcomes);
  };
  return {
    again,
    known,
    end,
    take: (index) => {
      const request = prepare(index);
      if (request === null) return;
      const { outcomes, wanted } = known(request);
      if (wanted === null) end(index, request, outcomes, true);
      else again.push(index);
    },
    fail: (index, key, error) => {
      const request = prepare(index);
      if (request === null) return;
      if (!error.isOfRequest) return void missing.set(index, error);
      // A model that cannot write so much refuses the request: then the first reply is what there is.
      if (key !== request.key) return end(index, request, known(request).outcomes, true);
      settle(index, dropTask(request, 'request-failed', error.message).outcomes);
    },
  };
}
