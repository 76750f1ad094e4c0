/** `medgr2 report`: writes the page and says where it is and what it holds. No logic of its own. */
import { writeReport } from '../../report/write-report.js';
import type { CommandIo } from '../command-io.js';

export async function reportCommand(
  folders: readonly string[],
  { out, images, json = false }: { out?: string; images: boolean; json?: boolean },
  io: CommandIo,
): Promise<void> {
  const written = await writeReport(folders, { out, images, onProgress: teller(io) });
  for (const { name, status } of written.runs)
    if (status !== 'complete') io.error(`note: ${name} is ${status}; the page shows what it has reached`);
  if (written.images > 0)
    io.error(`note: ${written.images} images of the run's data are in the page (--no-images leaves them out)`);
  io.out(json ? JSON.stringify(written) : `${written.file} (${Math.max(1, Math.round(written.bytes / 1024))} KiB)`);
}

/** Of a few thousand cards nothing is said: they take a moment. */
const told = 5000;

function teller(io: CommandIo): (done: number, total: number) => void {
  let next = told;
  return (done, total) => {
    if (total < told || done < next) return;
    next = done + told;
    io.error(`pages beside the report: ${done} of ${total} samples`);
  };
}
