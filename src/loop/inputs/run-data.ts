/** The data of a run: opened with word of how far it is, since drawing or reading thousands of images takes a while. */
import type { Config } from '../../config/schema.js';
import { openData } from '../../dataset/sources/open-source.js';
import type { DataProgress, LoopData } from '../../dataset/sources/data-source.js';
import type { RunEvent } from '../run-events.js';
import { preparedImages } from '../stages/prepare-data.js';
import { toRun } from '../folder/run-folder.js';

/** Least time between two words, in milliseconds. */
const tellEveryMs = 200;

export interface DataContext {
  /** Absolute. */
  runDir: string;
  emit(event: RunEvent): void;
  signal: AbortSignal;
}

/** Data that opens within a moment is not told of. */
export async function openRunData(config: Config, context: DataContext): Promise<LoopData> {
  const { runDir, emit } = context;
  const before = await preparedImages(runDir);
  const earlier = {
    hashOf: (name: string) => before.get(`images/${name}`),
    redrawn: (name: string) =>
      emit({ type: 'warning', message: `the image images/${name} had been changed and was drawn again` }),
  };
  return withinRun(await openData(config, runDir, dataProgress(context), earlier), runDir);
}

/** Tells how far the images are, and ends the work when the run is stopped. */
export function dataProgress({ emit, signal }: DataContext): DataProgress {
  let told = performance.now();
  return (done, total) => {
    signal.throwIfAborted();
    if (performance.now() - told < tellEveryMs) return;
    told = performance.now();
    emit({ type: 'stage-progress', cycle: 0, stage: 'prepare-data', done, total, detail: {} });
  };
}

/** Images within the run folder are named relative to it, so that the folder can be moved. */
function withinRun(data: LoopData, runDir: string): LoopData {
  const relative = <T extends { image: string }>(items: readonly T[]): T[] =>
    items.map((item) => ({ ...item, image: toRun(runDir, item.image) }));
  return { ...data, seed: relative(data.seed), test: relative(data.test), pool: relative(data.pool) };
}
