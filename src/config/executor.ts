/** Where jobs run: on this machine, one process each, or on many devices and machines by Ray Train. */
import { z } from 'zod';

const fields = z.strictObject({
  /** `ray` needs its extra: `pip install -r py/requirements-ray.txt` into the Python that is used. */
  kind: z.enum(['local', 'ray']).default('local'),
  /** Ray: processes that a trainer is spread over; batch sizes are for each of them. */
  workers: z.int().positive().default(1),
  /** Ray: whether each worker has a GPU of its own. */
  gpu: z.boolean().default(false),
  /** Ray: CPUs that each worker is given. */
  cpusPerWorker: z.int().positive().default(1),
  /**
   * Ray: a cluster's address, or `auto` for the one this machine belongs to; left out, Ray is started on this machine.
   * Ray's own authentication is set in its environment variables (RAY_AUTH_MODE and its token), never here.
   */
  address: z.string().min(1).optional(),
  /** Ray: the address of this machine that workers call; on a cluster one that the others reach. Trusted networks only. */
  listen: z.string().min(1).default('127.0.0.1'),
});

/** Settings of an executor, each with a default. */
export const executorSchema = fields
  .refine((executor) => executor.kind === 'ray' || executor.workers === 1, {
    path: ['workers'],
    error: 'a local job is one process: set kind: ray for more workers',
  })
  .refine((executor) => executor.kind === 'ray' || executor.address === undefined, {
    path: ['address'],
    error: 'only Ray has one: set kind: ray',
  });
export type Executor = z.output<typeof executorSchema>;
export type ExecutorInput = z.input<typeof executorSchema>;
