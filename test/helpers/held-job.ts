/** A job as an engine's caller holds it, of a result that somebody else makes. */
import type { JobHandle } from '../../src/bridge/jobs/job-types.js';

export function heldJob<R>(id: string, result: Promise<R>, events: JobHandle<R>['events']): JobHandle<R> {
  const job: JobHandle<R> = {
    id,
    logPath: '',
    pid: null,
    result,
    events,
    cancel: async () => {},
    on: () => job,
    // oxlint-disable-next-line unicorn/no-thenable, promise/no-callback-in-promise -- whoever awaits a job wants its result
    then: (done, failed) => result.then(done, failed),
  };
  return job;
}
