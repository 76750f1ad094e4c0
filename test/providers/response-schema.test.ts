import { expect, it } from 'vitest';
import { z } from 'zod';
import { geminiResponseSchema } from '../../src/providers/response-schema.js';
import { replySchema } from '../../src/prompts/parse.js';

const dropped = ['additionalProperties', 'title', 'default', '$schema', 'minLength', 'maxLength', 'pattern'];

it('keeps what Gemini accepts and drops the rest', () => {
  const schema = z.strictObject({
    rationale: z.string().min(1).max(9).describe('Why.').meta({ title: 'T' }),
    answer: z.enum(['yes', 'no']).default('no'),
    options: z.array(z.string()).max(5),
    grade: z.int().nullable(),
    size: z.union([z.string(), z.number().min(0)]),
    link: z.url().optional(),
  });
  expect(geminiResponseSchema(schema)).toEqual({
    type: 'object',
    properties: {
      rationale: { type: 'string', description: expect.any(String) as string },
      answer: { type: 'string', enum: ['yes', 'no'], format: 'enum' },
      options: { type: 'array', items: { type: 'string' }, maxItems: 5 },
      grade: { type: 'integer', nullable: true },
      size: { anyOf: [{ type: 'string' }, { type: 'number', minimum: 0 }] },
      link: { type: 'string' },
    },
    required: ['rationale', 'answer', 'options', 'grade', 'size'],
    propertyOrdering: ['rationale', 'answer', 'options', 'grade', 'size', 'link'],
  });
});

it('writes the reply schema with the answer after the rationale', () => {
  const schema = geminiResponseSchema(replySchema) as unknown as { propertyOrdering: string[] };
  expect(schema.propertyOrdering.indexOf('answer')).toBeGreaterThan(schema.propertyOrdering.indexOf('rationale'));
  for (const key of dropped) expect(JSON.stringify(schema)).not.toContain(`"${key}"`);
});

it('says so when a schema has no such form', () => {
  expect(() => geminiResponseSchema(z.object({ at: z.date() }))).toThrow(/OpenAPI/);
});
