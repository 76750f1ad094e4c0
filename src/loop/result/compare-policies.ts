/** Which differences between policies are more than chance: paired tests on the test questions, clustered by image or patient. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { clusterOf } from '../../dataset/sources/data-source.js';
import { readParquet } from '../../dataset/tables/table.js';
import { transitions, type Outcome } from '../../evaluation/transitions.js';
import { DataError } from '../../errors.js';
import type { RunContext } from '../run-context.js';
import type { PolicyComparison } from './policy-comparison.js';

export interface ComparedPolicy {
  name: string;
  /** Folder of the stage that measured it. */
  dir: string;
}

/** Null where either was not measured on these questions. */
export async function comparePolicies(
  { data }: Pick<RunContext, 'data'>,
  first: ComparedPolicy,
  second: ComparedPolicy,
): Promise<PolicyComparison | null> {
  const images = new Map(data.test.map(({ id, imageHash }) => [id, imageHash]));
  const read = async ({ name, dir }: ComparedPolicy) => {
    const file = join(dir, 'predictions.parquet');
    return { name, outcomes: existsSync(file) ? await readParquet<Outcome>(file) : [] };
  };
  try {
    const found = transitions(await read(first), await read(second), (id) => clusterOf(data, images.get(id) ?? id));
    return found.paired === undefined ? null : { first: first.name, second: second.name, ...found.paired };
  } catch (error) {
    if (error instanceof DataError) return null;
    throw error;
  }
}
