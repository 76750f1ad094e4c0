/** parts.json: which parts of a person's own a run is made with, so that it is never gone on with without them unasked. */
import { join } from 'node:path';
import { z } from 'zod';
import { partsSchema, type PartSlot } from '../../config/part-modules.js';
import { RunError } from '../../errors.js';
import { identityOf, type Part } from '../../config/part.js';
import { readOrNull, runFiles, writeJson } from '../folder/run-folder.js';
import type { RunParts } from './loop-parts.js';
import { kindOf } from './part-slots.js';
import { ownParts } from './settle-parts.js';

const identity = z.strictObject({ name: z.string(), version: z.string() });
const storedSchema = z.partialRecord(partsSchema.keyof(), z.array(identity));

export interface PartsAttempt {
  /** Whether anything of the run is finished. */
  begun: boolean;
  /** Whether finished stages whose inputs changed may be done again. */
  redo: boolean;
  /** Throws where the folder is another process's by now. */
  holds(): void;
  told(message: string): void;
}

/**
 * Another version is left to the stages, which are done again or ask.
 * @throws RunError `parts-changed` where a run that was begun is given fewer parts, or more, and nothing may be done again.
 */
export function recordParts(runDir: string, parts: RunParts, { begun, redo, holds, told }: PartsAttempt): void {
  const file = join(runDir, runFiles.parts);
  const before = readOrNull(file, storedSchema, (message) => told(`${message}. It is written anew`)) ?? {};
  const own = ownParts(parts);
  const now = Object.fromEntries(
    Object.entries(own).flatMap(([slot, list]) => (list.length === 0 ? [] : [[slot, list.map(identityOf)]])),
  );
  const changes = begun && !redo ? changesOf(before, own) : [];
  if (changes.length > 0)
    throw new RunError('parts-changed', `the run was made with other parts: ${changes.join('; ')}`, {
      where: file,
      remedy:
        'Give the same parts to continue it; or say that it is to be done again as far as they touch it (--redo, or redo: true); ' +
        'or give a new folder.',
    });
  if (JSON.stringify(before) === JSON.stringify(now)) return;
  holds();
  writeJson(file, now);
}

function changesOf(before: z.output<typeof storedSchema>, now: Partial<Record<PartSlot, readonly Part[]>>): string[] {
  return (Object.keys(partsSchema.shape) as PartSlot[]).flatMap((slot) => {
    const [was, is] = [before[slot] ?? [], now[slot] ?? []];
    const gone = was.filter(({ name }) => !is.some((part) => part.name === name));
    const fresh = is.filter(({ name }) => !was.some((part) => part.name === name));
    return [
      ...gone.map(({ name }) => `the ${kindOf(slot)} "${name}" is not given`),
      ...fresh.map(({ name }) => `the ${kindOf(slot)} "${name}" is new`),
    ];
  });
}
