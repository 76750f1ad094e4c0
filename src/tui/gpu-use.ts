/** Use of this machine's NVIDIA GPUs, asked of nvidia-smi; nothing where there is none. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export interface GpuUse {
  index: number;
  /** Share of the time in which a kernel ran. */
  percent: number;
  usedGiB: number;
  totalGiB: number;
}

/** @returns Null where nvidia-smi is not there or fails: do not ask again. */
export async function readGpus(): Promise<GpuUse[] | null> {
  const query = ['--query-gpu=index,utilization.gpu,memory.used,memory.total', '--format=csv,noheader,nounits'];
  try {
    const { stdout } = await promisify(execFile)('nvidia-smi', query, { timeout: 4000 });
    return parseGpus(stdout);
  } catch {
    return null;
  }
}

/** Lines of `index, percent, MiB, MiB`; a value that a GPU does not report (`[N/A]`) counts as 0. */
export function parseGpus(text: string): GpuUse[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [index = 0, percent = 0, used = 0, total = 0] = line.split(',').map((cell) => Number.parseFloat(cell) || 0);
      return { index, percent, usedGiB: used / 1024, totalGiB: total / 1024 };
    });
}
