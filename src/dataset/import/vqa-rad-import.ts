/** VQA-RAD's trainset.json as import rows: its codes in OmniMedVQA's question types, Yes and No as options. */
import { closedAnswer, modalitiesOf, questionTypeOfCode } from '../sources/vqa-rad-rows.js';
import type { QuestionFields } from '../import-rows/question-row.js';

export function vqaRadFields(fields: QuestionFields): QuestionFields {
  const plain = (text: string | null): string | null => text?.replaceAll(/\s+/g, ' ') ?? null;
  const { answer } = fields;
  const closed = typeof answer === 'string' ? closedAnswer(answer) : null;
  const options = closed === null ? [] : ['Yes', 'No'];
  return {
    ...fields,
    id: fields.id === null ? null : `vqa-rad-${fields.id}`,
    question: plain(fields.question),
    answer: closed ?? (typeof answer === 'string' ? plain(answer) : answer),
    options,
    written: options,
    questionType: questionTypeOfCode(fields.questionType ?? ''),
    dataset: 'VQA-RAD',
  };
}

/** Image name -> modality, where the answers to open questions say it. */
export function vqaRadModalities(rows: readonly QuestionFields[]): Map<string, string> {
  const named = rows.map((row) => ({
    image: row.image ?? '',
    question: row.question ?? '',
    answer: typeof row.answer === 'string' ? row.answer : '',
    options: row.options.filter((place) => place !== null),
    questionType: row.questionType ?? '',
  }));
  return modalitiesOf(named, ({ image }) => image);
}
