/** Reads the rubric that a configuration names, or the one that ships. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { packageRoot } from '../../bridge/environment/package-paths.js';
import { ConfigError, messageOf } from '../../errors.js';
import { largestByHand, requireFile } from '../../file-kind.js';
import { rubricSchema, type Rubric } from '../../prompts/judging/rubric.js';

/** @throws ConfigError `rubric-unusable` */
export async function loadRubric(file = join(packageRoot, 'configs', 'rubric.yaml')): Promise<Rubric> {
  try {
    requireFile(file, largestByHand);
    return rubricSchema.parse(parse(await readFile(file, 'utf8')));
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : messageOf(cause);
    throw new ConfigError('rubric-unusable', `the rubric cannot be used: ${why}`, {
      where: file,
      remedy: 'Write it like configs/rubric.yaml: a name, gates with name and ask, points with name, ask and most.',
      cause,
    });
  }
}
