/** The formats that `medgr2 import` knows, and what is known of each beforehand. */

/** Files of questions about images. */
export const questionFormats = [
  'omnimedvqa',
  'med-r1',
  'medvlm-r1',
  'medgr-square',
  'vqa-rad',
  'csv',
  'jsonl',
  'json',
  'parquet',
] as const;
/** A format that questions are imported from. */
export type QuestionFormat = (typeof questionFormats)[number];

/** Images without questions: what a generator is to ask about. */
export const imageFormats = ['images', 'dicom', 'nifti'] as const;
export type ImageFormat = (typeof imageFormats)[number];

/** What an expert said of images: questions are made of it. */
export const labelFormats = ['classes', 'boxes', 'masks'] as const;
/** A format that labels are imported from. */
export type LabelFormat = (typeof labelFormats)[number];

export type ImportFormat = QuestionFormat | ImageFormat | LabelFormat;
export const importFormats: readonly ImportFormat[] = [...questionFormats, ...imageFormats, ...labelFormats];

/** The licence that a format's publisher states; the images' own sources may say more. */
export const knownLicences: Partial<Record<ImportFormat, string>> = {
  omnimedvqa: 'questions as OmniMedVQA publishes them (open-access part); each image keeps the terms of its source',
  'med-r1': 'splits of OmniMedVQA; each image keeps the terms of its source',
  'medvlm-r1': 'questions Apache-2.0 (MedVLM-R1), from OmniMedVQA; each image keeps the terms of its source',
  'medgr-square': 'questions Apache-2.0 (MedGR-Square), from OmniMedVQA; each image keeps the terms of its source',
  'vqa-rad': 'CC0-1.0 (Lau et al. 2018)',
};

export function isQuestionFormat(format: ImportFormat): format is QuestionFormat {
  return (questionFormats as readonly string[]).includes(format);
}

export function isLabelFormat(format: ImportFormat): format is LabelFormat {
  return (labelFormats as readonly string[]).includes(format);
}
