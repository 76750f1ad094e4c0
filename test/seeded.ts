/** Property tests draw the same inputs each time, so that a change is judged and not luck; MEDGR2_SEED draws others. */
import * as fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env['MEDGR2_SEED'] ?? 1) });
