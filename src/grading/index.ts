/** Grading: the four-grade set that a reward model is trained on. */
export { gradeSamples } from './grade-samples.js';
export type { GradedKind, GradedRow, GradedSet, GradeOptions } from './grade-samples.js';
export { heldOutImages } from './held-out.js';
export type { PartOfSpeech, Sense, Thesaurus } from './thesaurus.js';
export { loadWordNet, wordNetDirectory } from './wordnet.js';
