/** Where jobs run: on this machine, in one process or in one for each GPU, or on many machines by Ray Train. */
import { z } from 'zod';

const fields = z.strictObject({
  /** `ray` needs its extra: `medgr2 setup --with ray`. */
  kind: z.enum(['local', 'ray']).default('local'),
  /**
   * Processes that a trainer is spread over; batch sizes are for each of them. Ray places them; of a local job they are
   * ranks on the CPU, for trials: `gpus` spreads one over GPUs.
   */
  workers: z.int().positive().default(1),
  /**
   * Local: one rank for each of so many GPUs of this machine, or of `all` that CUDA_VISIBLE_DEVICES leaves visible. Batch
   * sizes are for each of them. Left out, a job uses one GPU, the first.
   */
  gpus: z.union([z.literal('all'), z.int().positive()]).optional(),
  /**
   * Splits weights, gradients and optimiser state of a trained model over the ranks: `fsdp` by PyTorch's FSDP2, `zero3` by
   * DeepSpeed, which is an extra. Left out, every rank holds all of them. GRPO's reward model only scores: of it the language
   * model's layers are split. Checkpoints of sharded weights are gone on from by as many ranks as made them.
   */
  sharding: z.enum(['fsdp', 'zero3']).optional(),
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
  .refine((executor) => executor.gpus === undefined || executor.kind === 'local', {
    path: ['gpus'],
    error: 'for Ray say how many by workers, and gpu: true',
  })
  .refine((executor) => executor.gpus === undefined || executor.workers === 1, {
    path: ['workers'],
    error: 'beside gpus there are as many ranks as GPUs: leave workers out',
  })
  .refine((executor) => executor.sharding === undefined || executor.gpus !== undefined || executor.workers > 1, {
    path: ['sharding'],
    error: 'one process has nothing to split a model over: set gpus: all (or workers)',
  })
  .refine((executor) => executor.kind === 'ray' || executor.address === undefined, {
    path: ['address'],
    error: 'only Ray has one: set kind: ray',
  });
export type Executor = z.output<typeof executorSchema>;
/** Where jobs run: `kind: local` or `ray`, and the settings of each. */
export type ExecutorInput = z.input<typeof executorSchema>;
