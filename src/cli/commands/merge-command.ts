/** `medgr2 merge`: writes the folder and says what it is. No logic of its own. */
import { resolve } from 'node:path';
import type { CommandIo } from '../command-io.js';
import { setUpPython } from './run-command.js';
import { isShipped } from '../../bridge/environment/shipped-models.js';

export interface MergeFlags {
  out: string;
  dtype: 'auto' | 'float32' | 'bfloat16' | 'float16';
}

export async function mergeCommand(model: string, { out, dtype }: MergeFlags, io: CommandIo): Promise<void> {
  await setUpPython(io);
  const { openEngine } = await import('../../job-spec/script-engine.js');
  const { mergeModel } = await import('../../loop/merge.js');
  await using engine = await openEngine();
  const request = { model: isShipped(model) ? model : resolve(model), out, dtype };
  const merged = await mergeModel(engine, request, { signal: io.signal });
  io.out(`${out}: ${merged.dtype}; what it is made from is in ${out}/README.md`);
}
