/** One pass of `bench:generate` in a process of its own: prints what it came to as one JSON line. */
import { generateToFiles } from '../../../src/generation/generate-to-files.js';
import { writeSamples } from '../../../src/generation/inquiries/write-samples.js';
import { openReplyCache } from '../../../src/generation/replies/reply-cache.js';
import type { GenerationProgress } from '../../../src/generation/generation-progress.js';
import { geminiProvider } from '../../../src/providers/gemini.js';
import type { Provider } from '../../../src/providers/provider.js';
import { openAiProvider } from '../../../src/providers/openai.js';
import { batchRequests, imageFiles, listedTasks, modelName } from './generate-tasks.js';

export interface PassOptions {
  folder: string;
  url: string;
  /** `inline` answers in this process, for what our own memory is. */
  client: 'openai' | 'gemini' | 'inline';
  requests: number;
  concurrency: number;
  timeoutMs: number;
  requestsPerMinute: number | null;
  imageBytes: number;
  /** Requests one by one, or in batches. */
  mode: 'interactive' | 'batch';
  /** Of one request. */
  questions: number;
}

export interface PassResult {
  progress: GenerationProgress;
  peakMegabytes: number;
}

const options = JSON.parse(process.argv[2] ?? '{}') as PassOptions;
const { folder, url, client, requests, concurrency, timeoutMs, requestsPerMinute, imageBytes, mode, questions } =
  options;
const model = modelName;
const inline = {
  name: 'inline',
  model,
  endpoint: null,
  capabilities: { structuredOutput: 'json-schema', usage: 'always' },
  complete: async () => ({
    text: JSON.stringify({
      question: 'What is seen?',
      options: ['a mass', 'a cyst'],
      rationale: 'Round.',
      answer: 'a cyst',
    }),
    finish: 'stop',
    usage: { inputTokens: 700, outputTokens: 40 },
  }),
} as const satisfies Provider;
const provider =
  client === 'inline'
    ? inline
    : client === 'gemini'
      ? geminiProvider({ model, apiKey: 'any', baseUrl: url, timeoutMs })
      : openAiProvider({ model, baseUrl: `${url}/v1`, timeoutMs });
const images = await imageFiles(folder, requests, imageBytes, questions);
using cache = openReplyCache(`${folder}/replies.jsonl`);
const asking = {
  tasks: listedTasks(images, requests, questions),
  provider,
  cache,
  inquiry: writeSamples({ cycle: 1, exemplars: [], exemplarsPerPrompt: 0 }),
  concurrency,
  limits: requestsPerMinute === null ? {} : { requestsPerMinute },
  ...(mode === 'batch'
    ? { batches: { folder: `${folder}/batches`, requests: batchRequests, pollMs: 200, longestPollMs: 1_000 } }
    : {}),
};
const progress = await generateToFiles(asking, { dir: folder });
const peakMegabytes = process.resourceUsage().maxRSS / 1024;
const result: PassResult = { progress, peakMegabytes };
process.stdout.write(`${JSON.stringify(result)}\n`);
