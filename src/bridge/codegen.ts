/**
 * `npm run codegen`: writes src/trl/*-options.generated.ts from the installed TRL, then py/medgr2/contract.json from the zod
 * contract. A script: nothing imports it. `npm run codegen contract` leaves TRL alone and needs no Python.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { renderOptions } from '../trl/render.js';
import { packageRoot, pythonSources } from './paths.js';
import { readTrlOptions } from './trl-options.js';
import { refuse, scriptLine } from '../script-line.js';

function write(file: string, text: string): void {
  writeFileSync(file, text);
  console.log(`wrote ${path.relative(packageRoot, file)}`);
}

const [part] = scriptLine(import.meta.filename, {}, 1).positionals;
if (part !== undefined && part !== 'contract') refuse(import.meta.filename, `${part} is no part of it`);
if (part !== 'contract') {
  const options = await readTrlOptions();
  for (const trainer of ['sft', 'grpo'] as const)
    write(path.join(packageRoot, 'src', 'trl', `${trainer}-options.generated.ts`), renderOptions(trainer, options));
}
// Only now: the contract is made of the files above.
const { contractJson } = await import('./json-schema.js');
write(path.join(pythonSources, 'medgr2', 'contract.json'), contractJson());
