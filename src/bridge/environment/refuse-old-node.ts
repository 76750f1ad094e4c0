/** Imported before all else by what a project imports: an old Node gets a sentence, and not a fault of some line of ours. */
import { isOldNode, oldNodeError } from './node-version.js';

if (isOldNode()) throw oldNodeError();
