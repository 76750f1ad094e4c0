/** A process that generates until it is killed: `tsx killed-generation.ts <folder> <server URL> <number of tasks>`. */
import { writeFileSync } from 'node:fs';
import { generateCandidates } from '../../src/generation/generate-samples.js';
import { openReplyCache } from '../../src/generation/replies/reply-cache.js';
import type { GenerationTask } from '../../src/generation/asking/generation-request.js';
import { geminiProvider } from '../../src/providers/gemini.js';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder = '', baseUrl = ''] = process.argv.slice(2);
const tasks = JSON.parse(readFileSync(join(folder, 'tasks.json'), 'utf8')) as GenerationTask[];
const provider = geminiProvider({ model: 'simulated-teacher', apiKey: 'any-key', baseUrl });
using cache = openReplyCache(join(folder, 'replies.jsonl'));
const { samples, dropped } = await generateCandidates({ tasks, provider, cache, cycle: 1, concurrency: 8 });
writeFileSync(join(folder, 'result.json'), JSON.stringify({ samples, dropped }));
