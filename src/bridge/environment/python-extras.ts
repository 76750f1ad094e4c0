/** Python packages that only some jobs need: each an extra with a pinned file of its own, py/requirements-NAME.txt. */
import path from 'node:path';
import { packageRoot } from './package-paths.js';

/** Extra -> what it is for. */
export const extras = {
  ray: 'jobs on many machines (executor.kind: ray)',
  vllm: 'GRPO rollouts by vLLM (grpo.trl.use_vllm)',
  deepspeed: 'executor.sharding: zero3',
  bitsandbytes: 'optimisers of 8 bits, weights of 4',
  trackers: 'telling W&B, MLflow, TensorBoard or Trackio of a run (trackers)',
  torchvision: 'the image processors that some models ship with',
  deid: 'masking names, dates and numbers in reports (import --context, --map context=…)',
} as const;
export type Extra = keyof typeof extras;

export const extraNames = Object.keys(extras) as readonly Extra[];

export const isExtra = (name: string): name is Extra => Object.hasOwn(extras, name);

/** File under `py/`. */
export const extraFile = (extra: Extra): string => `requirements-${extra}.txt`;

/** For a Python of the person's own, which medgr2 leaves alone. */
export const pipLine = (wanted: readonly Extra[], root: string = packageRoot): string =>
  `python -m pip install ${wanted.map((extra) => `-r ${path.join(root, 'py', extraFile(extra))}`).join(' ')}`;
