/** `npm run codegen:config`: writes configs/schema.json and configs/README.md from the schema of the configuration and its comments. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/bridge/environment/package-paths.js';
import { scriptLine } from '../../src/script-line.js';
import { jsonSchemaText } from './config-json-schema.js';
import { settingsPage } from './settings-page.js';

scriptLine(import.meta.filename, {});
for (const [name, text] of Object.entries({ 'schema.json': jsonSchemaText(), 'README.md': settingsPage() })) {
  writeFileSync(join(packageRoot, 'configs', name), text);
  console.log(`wrote configs/${name}`);
}
