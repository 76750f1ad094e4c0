/**
 * The remedy when torch cannot use a GPU, or cannot load a library of CUDA (cuDNN, cuBLAS, NCCL): said by a job's error
 * and by the doctor in the same words.
 */
import type { Meaning } from './load-remedies.js';

const goOn = 'or go on without it: `device: cpu` (--set device=cpu).';

export const cudaRemedies = {
  /** Torch was built without CUDA. */
  cpuBuild:
    'Install a CUDA build of torch into that Python: `python -m pip install --force-reinstall torch --index-url ' +
    'https://download.pytorch.org/whl/cu130` (`nvidia-smi` says which CUDA the driver takes, ' +
    `https://pytorch.org/get-started has the build for it); ${goOn}`,
  /** Torch was built for CUDA, and sees no device. */
  driver:
    'See what `nvidia-smi` says (after an update of the driver the machine may need a restart; a container needs ' +
    '`docker run --gpus all`), and which CUDA torch was built for (`python -c "import torch; ' +
    `print(torch.version.cuda)"\`); ${goOn}`,
} as const;

const unloadable: Meaning = {
  code: 'cuda-library-missing',
  remedy:
    'Install torch again with the CUDA libraries that belong to it (`python -m pip install --force-reinstall torch`, in that ' +
    `Python), and leave LD_LIBRARY_PATH unset: another CUDA found there is loaded first; ${goOn}`,
};
const broken: Meaning = {
  code: 'cuda-failed',
  remedy:
    'Check the driver with `nvidia-smi` and that torch was built for it (`python -m torch.utils.collect_env`); ' +
    'run with device: cpu to go on without.',
};

/** By the words of the exception: torch raises a plain RuntimeError or ImportError for most of what goes wrong with a GPU. */
const byWords: readonly (readonly [RegExp, Meaning])[] = [
  [/libcuda\.so[.\d]*: cannot open/i, { code: 'cuda-unavailable', remedy: cudaRemedies.driver }],
  [
    /lib(?:cud|cu[a-z]{3,}|nccl|nv)[\w.-]*: (?:cannot open|undefined symbol|version)|Unable to load any of \{?libcud|Could not (?:load|locate)[^.]*lib(?:cu|nv)/i,
    unloadable,
  ],
  [/CUDA error|CUDA driver|NVIDIA driver|no kernel image|cuDNN error|NCCL error|Torch not compiled with CUDA/i, broken],
];

/** What is wrong with the GPU or a library of CUDA; null where the words speak of neither. */
export function cudaMeaning(type: string, message: string): Meaning | null {
  if (type === 'AcceleratorError') return broken;
  return byWords.find(([words]) => words.test(message))?.[1] ?? null;
}
