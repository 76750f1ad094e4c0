/** What to do about a GPU that torch cannot use: said by a job's error and by the doctor in the same words. */

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
