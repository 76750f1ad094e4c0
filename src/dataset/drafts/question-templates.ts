/** What `question-templates.json` holds: wordings by what is asked and what classes are, and names that mean something here. */
import { z } from 'zod';
import file from './question-templates.json' with { type: 'json' };

const texts = z.array(z.string().min(1)).min(1);
const plain = z.strictObject({ questions: texts, rationales: texts });
const yesOrNo = z.strictObject({ questions: texts, yes: texts, no: texts });
const kinds = <T extends z.ZodType>(wording: T) =>
  z.strictObject({ disease: wording, anatomy: wording, grade: wording, attribute: wording });
const any = z.strictObject({ any: plain });
export type Wordings = z.output<typeof plain>;

/** Words that a file lists as `a|b|c`. */
const list = z.string().transform((words) => new Set(words.split('|')));

const schema = z.strictObject({
  /** Names of classes that mean that nothing is wrong. */
  healthy: list,
  /** Names of columns: of images beside those of every table, and of labels by what their classes are. */
  columns: z.strictObject({ image: list, disease: list, anatomy: list, grade: list }),
  which: kinds(plain),
  presence: kinds(yesOrNo).extend({ healthy: yesOrNo }),
  modality: any,
  count: any,
  place: any,
  side: any,
  most: any,
  middle: any,
  largest: any,
});

export const templates = schema.parse(file);
