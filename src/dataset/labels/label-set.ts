/**
 * What an expert has said of images, in the one form that every source of labels is read into: classes that are there or are
 * not, and boxes around things. What nobody said is neither.
 */
import type { QuestionType } from '../../sample.js';
import type { Rejection } from '../folders/dataset-folder.js';

/** What classes are names of. */
export const labelKinds = ['disease', 'anatomy', 'grade', 'attribute'] as const;
/** What a class is the name of. */
export type LabelKind = (typeof labelKinds)[number];

export const questionTypeOfKind: Readonly<Record<LabelKind, QuestionType>> = {
  disease: 'disease diagnosis',
  anatomy: 'anatomy identification',
  grade: 'lesion grading',
  attribute: 'other biological attributes',
};

/** Classes that are told apart by one question: those of a folder, or of a column. */
export interface Topic {
  /** The column's name; empty where there is one topic only. */
  name: string;
  kind: LabelKind;
}

export interface TopicLabels {
  topic: Topic;
  present: readonly string[];
  /** Null where every class of the topic that is not present is absent. */
  absent: readonly string[] | null;
  /** Classes that are neither. */
  unsure?: ReadonlySet<string>;
}

/** Pixels from the upper left corner of the picture as it is shown; `right` and `bottom` lie outside. */
export interface Box {
  name: string;
  left: number;
  top: number;
  right: number;
  bottom: number;
  /** Of the file that says it; null where it has none. */
  line: number | null;
  /** As a person finds it in the file, such as `object 3`. */
  called: string;
  /** Too hard to be counted on, or a crowd in one box, as whoever drew it says. */
  hard: boolean;
  /** Pixels of a region that need not fill its box. */
  area?: number;
}

export interface BoxLabels {
  /** Size of the picture that the boxes were drawn on, in pixels; null where the file does not say. */
  size: { width: number; height: number } | null;
  boxes: readonly Box[];
  /** Classes of which a box could not be read. */
  lost: ReadonlySet<string>;
  /** A box is all that there is of a class, however many things that is. */
  regions?: boolean;
}

export interface LabelledImage {
  /** The file that says it, and the line where it has one. */
  file: string;
  line: number | null;
  /** As the image store takes it. */
  image: string;
  /** As it is written; null where nobody says. */
  patient: string | null;
  modality: string | null;
  labels: readonly TopicLabels[];
  boxes: BoxLabels | null;
  /** Of a picture that was made here of something else. */
  known?: { detail: string; warnings: readonly string[] };
}

export interface LabelSet {
  images: LabelledImage[];
  /** Things said to be possible without any image that has them, such as COCO's categories. */
  classes: readonly string[];
  rejected: Rejection[];
  /** Folders that names of images may start from. */
  roots: string[];
  /** Every patient as the files write them. */
  identities: string[];
  /** What the set itself says that its classes are called. */
  names?: Readonly<Record<string, string>>;
  /** Pictures were made for this and lie where nobody keeps them. */
  made?: boolean;
  notes: string[];
  columns?: { used: Record<string, string[]>; unused: string[] };
}
