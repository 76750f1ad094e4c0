/** A process that generates until it is killed: `tsx killed-generation.ts <folder> <server URL> <one by one, or a protocol>`. */
import { writeFileSync } from 'node:fs';
import { generateCandidates } from '../helpers/generate-candidates.js';
import { openReplyCache } from '../../src/generation/replies/reply-cache.js';
import type { GenerationTask } from '../../src/generation/asking/generation-request.js';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { killedSetting, type KillMode } from './support.js';

const [folder = '', baseUrl = '', mode = 'single'] = process.argv.slice(2);
const tasks = JSON.parse(readFileSync(join(folder, 'tasks.json'), 'utf8')) as GenerationTask[];
using cache = openReplyCache(join(folder, 'replies.jsonl'));
const setting = killedSetting(mode as KillMode, baseUrl, join(folder, 'batches'));
const { samples, dropped } = await generateCandidates({ tasks, cache, cycle: 1, concurrency: 8, ...setting });
writeFileSync(join(folder, 'result.json'), JSON.stringify({ samples, dropped }));
