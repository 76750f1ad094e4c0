/** What a bad disk, a full one or a careless hand does to a file. */
import { appendFileSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type Damage = 'truncate' | 'empty' | 'flip' | 'delete' | 'append';

/** Files below a folder, relative to it, in order. */
export function filesOf(dir: string): string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(dir, name), { throwIfNoEntry: false })?.isFile() === true)
    .toSorted();
}

/** The kind of a file: its path without the numbers in it, so that a hundred images count once. */
export function fileKind(path: string): string {
  return path.replaceAll(/\d+/g, 'N').replace(/\.[0-9a-f-]*N[0-9a-f-N]*$/, '.N');
}

/**
 * A file for a damage: kinds take turns by `draw`, and `place` chooses among the files of the kind. What has no bytes can
 * only be deleted or appended to.
 */
export function pickFile(dir: string, damage: Damage, draw: { file: number; place: number }): string {
  const needsBytes = damage === 'truncate' || damage === 'flip' || damage === 'empty';
  const files = filesOf(dir).filter((name) => !needsBytes || statSync(join(dir, name)).size > 1);
  const kinds = Map.groupBy(files, fileKind);
  const chosen = [...kinds.values()][Math.floor(draw.file * kinds.size)] ?? files;
  return chosen[Math.floor(draw.place * chosen.length)] ?? '';
}

/** @param place In [0, 1): where in the file. */
export function damageFile(file: string, damage: Damage, place: number): void {
  const { size } = statSync(file);
  const offset = Math.floor(place * size);
  switch (damage) {
    case 'truncate':
      return truncateSync(file, Math.max(1, offset));
    case 'empty':
      return truncateSync(file, 0);
    case 'delete':
      return rmSync(file);
    case 'append':
      return appendFileSync(file, `\n{"not": "of this file"\u0000`);
    case 'flip': {
      const bytes = readFileSync(file);
      bytes[offset] = (bytes[offset] ?? 0) ^ (1 << Math.floor(place * 7));
      return writeFileSync(file, bytes);
    }
  }
}
