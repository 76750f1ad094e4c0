/** The events of a recipe's seeds as those of one run: by their time, since the seeds run one after the other. */
import { join } from 'node:path';
import { seedFolders } from '../../loop/comparison/seed-folders.js';
import { runFiles } from '../../loop/folder/run-folder.js';
import type { TimedEvent } from '../../loop/run-events.js';
import { readEvents, type EventReader } from './follow-file.js';

interface SeedEvents {
  reader: EventReader;
  waiting: TimedEvent[];
  /** Whether its file holds more than was read. */
  more: boolean;
}

/** @param folder Of the seeds; those that come later are read when they come. */
export function readSeedEvents(folder: string, onUnreadable?: (line: string) => void): EventReader {
  const seeds = new Map<string, SeedEvents>();
  const fill = async (seed: SeedEvents): Promise<void> => {
    const { events, more } = await seed.reader.read();
    seed.waiting.push(...events);
    seed.more = more;
  };
  return {
    read: async () => {
      for (const dir of seedFolders(folder)) {
        const reader = (): EventReader => readEvents(join(dir, runFiles.events), onUnreadable);
        if (!seeds.has(dir)) seeds.set(dir, { reader: reader(), waiting: [], more: false });
      }
      const all = [...seeds.values()];
      await Promise.all(all.filter(({ waiting }) => waiting.length === 0).map(fill));
      const events: TimedEvent[] = [];
      // What one file has not told yet may come before what another has.
      while (!all.some(({ waiting, more }) => more && waiting.length === 0)) {
        const next = all
          .filter(({ waiting }) => waiting.length > 0)
          .toSorted((a, b) => timeOf(a) - timeOf(b))
          .at(0);
        const event = next?.waiting.shift();
        if (event === undefined) break;
        events.push(event);
      }
      return { events, more: all.some(({ waiting, more }) => more || waiting.length > 0) };
    },
    torn: () => [...seeds.values()].reduce((sum, { reader }) => sum + reader.torn(), 0),
    close: async () => {
      for (const { reader } of seeds.values()) await reader.close();
    },
  };
}

const timeOf = ({ waiting }: SeedEvents): number => Date.parse(waiting[0]?.time ?? '');
