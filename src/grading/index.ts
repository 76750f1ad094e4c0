/** Grading: the four-grade set that a reward model is trained on. */
export { gradeSamples } from './grade-samples.js';
export type { GradedRow, GradedSet, GradeOptions } from './grade-samples.js';
export { fourGrades } from './four-grades.js';
export type { FourGrades, FourGradesOptions, GradedKind, GradedText, Grader, GradingContext } from './four-grades.js';
export { heldOutImages } from './held-out.js';
export type { PartOfSpeech, Sense, Thesaurus } from './thesaurus.js';
export { loadWordNet, wordNetDirectory } from './wordnet.js';
