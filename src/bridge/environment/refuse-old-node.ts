/**
 * Imported before all else by what a project imports: an old Node, and a bundle that Python's sources are not in, get a sentence, and
 * not a fault of some line of ours or of a library's.
 */
import { isOldNode, oldNodeError } from './node-version.js';
import './package-paths.js';

if (isOldNode()) throw oldNodeError();
