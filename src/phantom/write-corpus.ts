/**
 * `write-corpus FOLDER COUNT [SEED] [LOCAL] [HABIT]`: writes the base model's pretraining corpus: `images.bin` (raw 84 x 84 RGB, one after another), the scenes' truth
 * (`scenes.jsonl`) and the texts (`items.jsonl`).
 * Run by `npm run pretrain` and `npm run pretrain:judge`; users never need it, because the trained base ships with the Python package.
 */
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { once } from 'node:events';
import path from 'node:path';
import { corpusScene } from './corpus.js';
import { drawPixels } from './draw.js';
import { refuse, scriptLine } from '../script-line.js';

const [folder, countText, seedText, localText, habitText] = scriptLine(import.meta.filename, {}, 5).positionals;
if (folder === undefined || countText === undefined) refuse(import.meta.filename, 'a folder and a count are needed');
await mkdir(folder, { recursive: true });
const images = createWriteStream(path.join(folder, 'images.bin'));
const scenes = createWriteStream(path.join(folder, 'scenes.jsonl'));
const items = createWriteStream(path.join(folder, 'items.jsonl'));
for (let index = 0; index < Number(countText); index++) {
  const { scene, items: texts } = corpusScene(index, {
    seed: Number(seedText ?? 0),
    formatted: 3,
    habit: Number(habitText ?? 0.65),
    local: Number(localText ?? 0),
  });
  for (const text of texts) items.write(`${JSON.stringify({ image: index, ...text })}\n`);
  scenes.write(`${JSON.stringify(scene)}\n`);
  if (!images.write(drawPixels(scene))) await once(images, 'drain');
}
images.end();
scenes.end();
items.end();
await Promise.all([once(images, 'finish'), once(scenes, 'finish'), once(items, 'finish')]);
