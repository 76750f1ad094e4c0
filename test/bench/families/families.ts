/**
 * `npm run bench:families [-- FAMILY …]`: family × operation on tiny random models in the form in which the hub has them, each
 * compared with plain transformers. A cell is "same", or "refused" with the reason; anything else fails the run.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ensurePython } from '../../../src/bridge/environment/make-environment.js';
import { scriptLine } from '../../../src/script-line.js';

const { positionals } = scriptLine(import.meta.filename, {}, 50);
const script = fileURLToPath(new URL('families.py', import.meta.url));
const { status } = spawnSync(await ensurePython(), [script, ...positionals], { stdio: 'inherit' });
process.exitCode = status ?? 1;
