/** VQA-RAD's trainset.json as import rows: its codes in OmniMedVQA's question types, Yes and No as options. */
import { readRow, type AnsweredRow } from '../answered-row.js';
import { closedAnswer, modalitiesOf, questionTypeOfCode } from '../vqa-rad-rows.js';

export function vqaRadRow(where: string, fields: Record<string, unknown>): AnsweredRow {
  const row = readRow({ line: 0, where, fields });
  const plain = (text: string | null): string | null => text?.replaceAll(/\s+/g, ' ') ?? null;
  const closed = closedAnswer(row.answer ?? '');
  return {
    ...row,
    id: row.id === null ? null : `vqa-rad-${row.id}`,
    question: plain(row.question),
    answer: closed ?? plain(row.answer),
    options: closed === null ? [] : ['Yes', 'No'],
    questionType: questionTypeOfCode(row.questionType ?? ''),
    dataset: 'VQA-RAD',
  };
}

/** Image name -> modality, where the answers to open questions say it. */
export function vqaRadModalities(
  rows: readonly Omit<AnsweredRow, 'prediction' | 'likelihoods'>[],
): Map<string, string> {
  const named = rows.map((row) => ({
    image: row.image ?? '',
    question: row.question ?? '',
    answer: row.answer ?? '',
    options: row.options,
    questionType: row.questionType ?? '',
  }));
  return modalitiesOf(named, ({ image }) => image);
}
