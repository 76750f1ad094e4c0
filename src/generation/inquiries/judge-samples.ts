/** Asking for verdicts on samples: a rubric's items that apply to each, and replies read as verdicts. */
import type { z } from 'zod';
import { buildJudgePrompt } from '../../prompts/judging/judge-prompt.js';
import { readVerdict, verdictSchema } from '../../prompts/judging/read-verdict.js';
import { itemsFor, type Rubric, type RubricItems } from '../../prompts/judging/rubric.js';
import type { Sample } from '../../sample.js';
import { addressed } from '../asking/generation-request.js';
import { droppedFrom } from '../outcome.js';
import type { Inquiry } from './inquiry.js';

export interface Judging {
  rubric: Rubric;
  /** The sample that the task at this place is about. */
  sampleAt: (index: number) => Sample;
}

export function judgeSamples({ rubric, sampleAt }: Judging): Inquiry {
  const schemas = new Map<string, z.ZodType>();
  const itemsOf = new Map<z.ZodType, RubricItems>();
  const schemaFor = (has: { text: boolean; options: boolean }): z.ZodType => {
    const key = JSON.stringify(has);
    const known = schemas.get(key);
    if (known !== undefined) return known;
    const items = itemsFor(rubric, has);
    const schema = verdictSchema(items);
    schemas.set(key, schema);
    itemsOf.set(schema, items);
    return schema;
  };
  return {
    section: 'verify',
    prepare: (task, index, parameters) => {
      const sample = sampleAt(index);
      const { context } = task;
      const responseSchema = schemaFor({ text: context !== undefined, options: sample.options.length > 0 });
      const said = buildJudgePrompt(sample, itemsOf.get(responseSchema) ?? rubric, context?.text);
      return { ...addressed(task, said, parameters), responseSchema, ids: [sample.id] };
    },
    read: ({ task, responseSchema, ids, promptHash }, { text, provider, model, modelVersion }, ending) => {
      const [id = ''] = ids;
      const read = readVerdict(text, itemsOf.get(responseSchema) ?? rubric, ending);
      if (!read.ok) return [droppedFrom(task, id, read.reason, read.detail)];
      // What a judge says of a text that it was shown may repeat it, and is in no table of a run.
      const reason = task.context === undefined ? read.verdict.reason : '';
      const by = { provider, model, promptHash, ...(modelVersion === undefined ? {} : { modelVersion }) };
      return [{ verdict: { id, ...read.verdict, reason, ...by }, repairs: read.repairs }];
    },
  };
}
