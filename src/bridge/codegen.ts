/** `npm run codegen`: writes py/medgr2/contract.json from the zod contract. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { contractJson } from '../src/bridge/json-schema.js';
import { pythonSources } from '../src/bridge/paths.js';

const file = path.join(pythonSources, 'medgr2', 'contract.json');
writeFileSync(file, contractJson());
console.log(`wrote ${file}`);
