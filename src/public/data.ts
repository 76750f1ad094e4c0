/** `medgr2/data`: samples, the folders and tables that hold them, and what jobs wrote about them. */
import '../bridge/environment/refuse-old-node.js';

export { sampleSchema } from '../sample.js';
export { phantomSamples, toSamples } from '../job-spec/script-samples.js';
export type { PhantomSamplesOptions, SampleInput } from '../job-spec/script-samples.js';
export { readAnswers, readCompletions, readScores } from '../dataset/tables/job-outputs.js';
export type { AnswerLine, Completion, JobFile, JobLines } from '../dataset/tables/job-outputs.js';
export { readSampleFile, writeSampleFile } from '../dataset/tables/sample-files.js';
export { readSamples, writeSamples } from '../dataset/tables/sample-table.js';
export { importQuestions } from '../dataset/import/import-questions.js';
export { importLabels } from '../dataset/import/import-labels.js';
export type { LabelImportOptions } from '../dataset/import/import-labels.js';
export { importImages } from '../dataset/import/import-images.js';
export type { ImageImportOptions } from '../dataset/import/import-images.js';
export { importClinical } from '../dataset/import/import-clinical.js';
export type { ClinicalOptions, FrameChoice, WindowChoice } from '../dataset/import/import-clinical.js';
export type { ImportOptions, ImportReport } from '../dataset/import/import-report.js';
export type { LabelFormat, QuestionFormat } from '../dataset/import/import-formats.js';
export type { TokenChoice } from '../dataset/import/accept-row.js';
export type { AnswerStart } from '../dataset/import-rows/number-answers.js';
export type { ColumnMap, Field as QuestionField } from '../dataset/predictions/answered-row.js';
export type { MaskFrames } from '../dataset/labels/masks.js';
export type { LabelKind } from '../dataset/labels/label-set.js';
export type { GivenNames } from '../dataset/labels/class-names.js';
export type { Ask } from '../dataset/drafts/question-wording.js';
export type { ShapeChoice } from '../dataset/pictures/picture-size.js';
export type { PatientFrom } from '../dataset/patients/patient-path.js';
export type { PseudonymKey } from '../dataset/patients/pseudonym-key.js';
export type { RunJob } from '../dataset/context/mask-texts.js';
export { readDataset } from '../dataset/folders/dataset-folder.js';
export type { Dataset, DatasetImage, DatasetInfo, Rejection } from '../dataset/folders/dataset-folder.js';
export { likeImages } from '../dataset/near-duplicates/stored-hashes.js';
export { splitDataset } from '../dataset/folders/split.js';
export type { PartShare, SplitPart } from '../dataset/folders/split.js';
export { decontaminate } from '../dataset/folders/decontaminate.js';
export type {
  Contamination,
  ContaminationKind,
  Decontaminated,
  DecontaminateOptions,
} from '../dataset/folders/decontaminate.js';
export { writePart } from '../dataset/folders/derived-folder.js';
export type { Part } from '../dataset/folders/derived-folder.js';
export { exportDataset } from '../dataset/export/export-dataset.js';
export type { ExportOptions, ExportReport } from '../dataset/export/export-dataset.js';
export type { CardSplit } from '../dataset/export/data-card.js';
export type { ExportSource, ExportSplit } from '../dataset/export/export-source.js';
export { exportSource } from '../loop/result/export-run.js';
export { generateAlone } from '../loop/single-stage/single-stages.js';
export type { GenerateAlone } from '../loop/single-stage/single-stages.js';
