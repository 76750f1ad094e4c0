/** One pass of `bench:generate` in a process of its own: prints what it came to as one JSON line. */
import { generateCandidates } from '../../../src/generation/generate-samples.js';
import { openReplyCache } from '../../../src/generation/replies/reply-cache.js';
import type { GenerationProgress } from '../../../src/generation/generation-progress.js';
import { geminiProvider } from '../../../src/providers/gemini.js';
import { openAiProvider } from '../../../src/providers/openai.js';
import { imageFiles, modelName, passTasks } from './generate-tasks.js';

export interface PassOptions {
  folder: string;
  url: string;
  client: 'openai' | 'gemini';
  requests: number;
  concurrency: number;
  timeoutMs: number;
  requestsPerMinute: number | null;
  imageBytes: number;
}

export interface PassResult {
  samples: number;
  dropped: number;
  progress: GenerationProgress;
  peakMegabytes: number;
}

const options = JSON.parse(process.argv[2] ?? '{}') as PassOptions;
const { folder, url, client, requests, concurrency, timeoutMs, requestsPerMinute, imageBytes } = options;
const model = modelName;
const provider =
  client === 'gemini'
    ? geminiProvider({ model, apiKey: 'any', baseUrl: url, timeoutMs })
    : openAiProvider({ model, baseUrl: `${url}/v1`, timeoutMs });
const tasks = passTasks(await imageFiles(folder, requests, imageBytes), requests);
using cache = openReplyCache(`${folder}/replies.jsonl`);
const { samples, dropped, progress } = await generateCandidates({
  tasks,
  provider,
  cache,
  cycle: 1,
  concurrency,
  limits: requestsPerMinute === null ? {} : { requestsPerMinute },
});
const peakMegabytes = process.resourceUsage().maxRSS / 1024;
const result: PassResult = { samples: samples.length, dropped: dropped.length, progress, peakMegabytes };
process.stdout.write(`${JSON.stringify(result)}\n`);
