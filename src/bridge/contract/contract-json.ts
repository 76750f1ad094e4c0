/** The contract as JSON Schema, by the name of each kind of job and message, for Python to check against. Pure. */
import { z } from 'zod';
import { choices, needs, ranges } from '../../config/trl-options/option-values.js';
import { optimisers } from '../../config/trl-options/optimiser-options.js';
import { jobEventSchema, jobResultSchema, jobSpecSchema } from './contract.js';

type Tagged = z.ZodObject<Record<string, z.ZodType>>;

/** One schema per kind rather than one union: an error then names the field that is wrong, not every branch that failed. */
function byTag(options: readonly Tagged[], tag: string): Record<string, unknown> {
  return Object.fromEntries(
    options.map((option) => {
      const literal = option.shape[tag] as z.ZodLiteral<string>;
      const { $schema: _, ...schema } = z.toJSONSchema(option, { target: 'draft-2020-12', io: 'output' });
      return [literal.value, schema];
    }),
  );
}

/** Text of py/medgr2/contract.json. */
export function contractJson(): string {
  const contract = {
    $comment: 'Written by `npm run codegen` from src/bridge/contract/contract.ts; change that, not this.',
    specs: byTag(jobSpecSchema.options, 'kind'),
    events: byTag(jobEventSchema.options, 'type'),
    results: byTag(jobResultSchema.options, 'kind'),
    optionRules: { ranges, choices, needs, optimisers },
  };
  return `${JSON.stringify(contract, null, 2)}\n`;
}
