/** The compact index against a plain Map, and what a million addresses take. */
import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { createKeyTable } from '../../src/generation/replies/key-table.js';
import { createOutcomeSpool } from '../../src/generation/outcome-spool.js';
import type { Outcome } from '../../src/generation/outcome.js';
import { sha256 } from '../../src/hash.js';
import { seededRandom } from '../../src/random.js';
import { Folder } from './support.js';

it('holds what a Map would, whatever is set, changed and deleted, and grows', () => {
  const random = seededRandom('key table');
  const table = createKeyTable(4);
  const map = new Map<string, number>();
  for (let step = 0; step < 5_000; step++) {
    const name = `key ${random.int(1_500)}`;
    // A name and its hash are one address.
    const key = random.next() < 0.5 ? name : sha256(name);
    if (random.next() < 0.2) {
      table.delete(key);
      map.delete(name);
    } else {
      table.set(key, step);
      map.set(name, step);
    }
  }
  expect(table.size).toBe(map.size);
  for (let name = 0; name < 1_600; name++) expect(table.get(`key ${name}`)).toBe(map.get(`key ${name}`));
});

it('gives outcomes back in the order of their tasks, also late and long ones, and leaves no file', () => {
  using folder = new Folder();
  const random = seededRandom('spool');
  const count = 3_000;
  const outcome = (index: number): Outcome =>
    ({ dropped: { taskId: String(index), detail: 'x'.repeat(index === 7 ? 900_000 : random.int(400)) } }) as Outcome;
  const path = folder.file('spool');
  {
    using spool = createOutcomeSpool(path, count);
    const late = [7, 1_200, 2_999];
    for (let index = 0; index < count; index++)
      if (!late.includes(index) && index !== 5) spool.put(index, [outcome(index)]);
    for (const index of late) spool.put(index, [outcome(index), outcome(index)]);
    const ids = [...spool.inOrder()].map((one) => ('dropped' in one ? Number(one.dropped.taskId) : -1));
    expect(ids).toEqual(ids.toSorted((a, b) => a - b));
    expect(ids).toHaveLength(count - 1 + late.length);
    expect([...spool.inOrder()]).toHaveLength(ids.length);
  }
  expect(existsSync(path)).toBe(false);
});
