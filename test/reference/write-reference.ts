/** `npm run codegen:config`: writes configs/schema.json and configs/README.md from the schema of the configuration, src/public/README.md from the exports, src/errors.md from the errors; all from their comments. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/bridge/environment/package-paths.js';
import { scriptLine } from '../../src/script-line.js';
import { examplesModule } from './examples-module.js';
import { errorsPage } from './errors-page.js';
import { exportsPage } from './exports-page.js';
import { jsonSchemaText } from './config-json-schema.js';
import { settingsPage } from './settings-page.js';

scriptLine(import.meta.filename, {});
const pages = {
  'configs/schema.json': jsonSchemaText(),
  'configs/README.md': settingsPage(),
  'src/public/README.md': exportsPage(),
  'src/errors.md': errorsPage(),
  'test/reference/examples.generated.ts': examplesModule(),
};
for (const [name, text] of Object.entries(pages)) {
  writeFileSync(join(packageRoot, name), text);
  console.log(`wrote ${name}`);
}
