/**
 * Names as OmniMedVQA and the data sets made from it write them: modality, question type, data set of a question id, and
 * the options inside a question's text. Reads names only; never looks at images.
 */
import { questionTypes } from '../../sample.js';

const modalityPatterns: readonly (readonly [RegExp, string])[] = [
  [/\bOCT\b|optical coherence/i, 'OCT'],
  [/\bCT\b|computed tomography/i, 'CT'],
  [/\bMRI?\b|magnetic resonance|mag-netic/i, 'MRI'],
  [/x-?\s?ray/i, 'X-ray'],
  [/ultrasound/i, 'ultrasound'],
  [/dermo?scop|dermatoscop/i, 'dermoscopy'],
  [/fundus/i, 'fundus photography'],
  [/microscop/i, 'microscopy'],
];

/** `MR (Mag-netic Resonance Imaging)` as `MRI`; a modality outside the eight as written; null for none. */
export function modalityNamed(text: string): string | null {
  const name = text.trim();
  if (name === '' || name.toLowerCase() === 'unknown') return null;
  return modalityPatterns.find(([pattern]) => pattern.test(name))?.[1] ?? name;
}

/** `Disease Diagnosis` as `disease diagnosis`; a type outside the five as written; null for none. */
export function questionTypeNamed(text: string): string | null {
  const name = text.trim();
  if (name === '') return null;
  return questionTypes.find((type) => type === name.toLowerCase()) ?? name;
}

/** `ALL Challenge_0000` belongs to `ALL Challenge`; null where an id has no such form. */
export function datasetOfId(id: string): string | null {
  const end = /_\d+$/.exec(id)?.index ?? 0;
  return id.slice(0, end).trim() || null;
}

/**
 * OmniMedVQA data sets whose images are all of one modality. Not here, because one name covers several: RadImageNet
 * (CT, MRI, ultrasound) and OCT & X-Ray 2017. Their modality can come from a question file only.
 */
const datasetsByModality: Readonly<Record<string, readonly string[]>> = {
  CT: ['Chest CT Scan', 'Covid CT', 'SARS-CoV-2 CT-scan'],
  'X-ray': [
    'Chest X-Ray PA',
    'CoronaHack',
    'Covid-19 tianchi',
    'Covid19 heywhale',
    'COVIDx CXR-4',
    'Knee Osteoarthritis',
    'MIAS',
    'Mura',
    'Pulmonary Chest MC',
    'Pulmonary Chest Shenzhen',
    'RUS CHN',
  ],
  microscopy: [
    'ALL Challenge',
    'BioMediTech',
    'Blood Cell',
    'BreakHis',
    'CRC100k',
    'HuSHeM',
    'MAlig Lymph',
    'MHSMA',
    'NLM- Malaria Data',
  ],
  'fundus photography': ['ACRIMA', 'Adam Challenge', 'DeepDRiD', 'Diabetic Retinopathy', 'DRIMDB', 'JSIEC', 'Yangxi'],
  dermoscopy: [
    'Fitzpatrick 17k',
    'ISBI2016',
    'ISIC2018',
    'ISIC2019',
    'ISIC2020',
    'Monkeypox Skin Image 2022',
    'PAD-UFES-20',
  ],
  OCT: ['Retinal OCT-C8'],
};

const plainName = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '');

const modalityByDataset = new Map(
  Object.entries(datasetsByModality).flatMap(([modality, names]) => names.map((name) => [plainName(name), modality])),
);

/** The one modality of a data set, by its name; null where the name is unknown or covers several. */
export function modalityOfDataset(dataset: string): string | null {
  return modalityByDataset.get(plainName(dataset)) ?? null;
}

const choices =
  /\b(?:one|which) (?:of|from) the following[^:\n]{0,40}:\s*([\s\S]+?)\s*(?:\.?\s*You must\b[\s\S]*|\.)?$/i;

/**
 * Options that a question's text holds: `… one of the following: A or B or C. You must …`, or lines `A) …`. Empty where
 * there are none. `answer`: where the right answer has an `or` of its own it is not cut.
 */
export function optionsInText(question: string, answer: string): string[] {
  const lettered = letteredOptions(question);
  if (lettered !== null) return lettered.options;
  const list = choices.exec(question)?.[1];
  if (list === undefined) return [];
  const parts = list.split(/\s+or\s+/);
  const words = plainName(answer);
  for (let from = 0; from < parts.length; from++) {
    for (let to = from + 2; to <= parts.length; to++) {
      const joined = parts.slice(from, to).join(' or ');
      if (plainName(joined) === words) return options([...parts.slice(0, from), joined, ...parts.slice(to)]);
    }
  }
  return options(parts);
}

const optionLine = /^[ \t]*\(?([A-H])[).:]\s+(.+)$/gm;
/** `A) lung, B) heart` within a line, as Med-R1 writes it. */
const optionInLine = /(?:^|(?<=[\s,;?.]))\(?([A-H])\)\s*([^\n]+?)(?=[\s,;]*(?:$|\n|[\s,;]\(?[A-H]\)))/g;

/** Options after letters that run from A without a gap, and where the first stands. */
export function letteredOptions(question: string): { options: string[]; start: number } | null {
  for (const pattern of [optionLine, optionInLine]) {
    const found = [...question.matchAll(pattern)];
    if (found.length > 1 && found.every(([, letter], i) => letter === String.fromCharCode(65 + i)))
      return { options: found.map(([, , text = '']) => text.trim()), start: found[0]?.index ?? 0 };
  }
  return null;
}

/** The question without the list of options that its text holds; unchanged where nothing else would be left. */
export function withoutOptions(question: string): string {
  const lettered = letteredOptions(question);
  const list = lettered === null ? choices.exec(question) : null;
  if (lettered === null && list === null) return question.trim();
  // The sentence that brings in the list goes with it.
  const before = question.slice(0, lettered?.start ?? list?.index);
  const kept = lettered === null ? (/^[\s\S]*[.?!]/.exec(before)?.[0] ?? '') : before;
  return kept.trim() === '' ? question.trim() : kept.trim();
}

function options(parts: readonly string[]): string[] {
  const filled = parts.map((part) => part.trim()).filter((part) => part !== '');
  return filled.length > 1 ? filled : [];
}
