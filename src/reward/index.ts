/** Reading answers: what `medgr2/rewards` and scripts in a checkout take of this room. */
export { answersMatch, extract, isCorrect, type Extraction, type Key } from './reading/extract.js';
