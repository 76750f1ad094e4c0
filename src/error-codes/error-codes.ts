/** Every `code` of an error with what it means. The compiler refuses a code that is not here; README.md lists them with their remedies. */
import { inputCodes } from './input-codes.js';
import { workCodes } from './work-codes.js';

export const errorCodes = { ...inputCodes, ...workCodes };

/** What tells errors apart: `error.code`. */
export type ErrorCode = keyof typeof errorCodes;
