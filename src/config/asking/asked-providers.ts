/** Who can be asked, to write samples or to judge them, and how: what the sections `generation` and `verify` have in common. */
import { z } from 'zod';
import { ConfigError } from '../../errors.js';

export const rate = z.number().min(0).max(1);

/** How a provider holds replies to their structure: by the whole JSON Schema, to being some JSON object, or not at all. */
export const structuredOutputs = ['json-schema', 'json-object', 'none'] as const;
/** How replies are held to their structure. */
export type StructuredOutput = (typeof structuredOutputs)[number];

const environmentVariable = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of an environment variable (never the key itself)');

/** `localhost:8000` is a URL too, of the scheme `localhost` and of no host. */
const serverAddress = z.url({ protocol: /^https?$/, error: 'expected an address with http:// or https://' });

export const geminiThinkingLevels = ['minimal', 'low', 'medium', 'high'] as const;
export type GeminiThinkingLevel = (typeof geminiThinkingLevels)[number];

const geminiHarms = ['HARASSMENT', 'HATE_SPEECH', 'SEXUALLY_EXPLICIT', 'DANGEROUS_CONTENT', 'CIVIC_INTEGRITY'] as const;
const geminiThresholds = [
  'BLOCK_LOW_AND_ABOVE',
  'BLOCK_MEDIUM_AND_ABOVE',
  'BLOCK_ONLY_HIGH',
  'BLOCK_NONE',
  'OFF',
] as const;
export type GeminiSafety = Partial<Record<(typeof geminiHarms)[number], (typeof geminiThresholds)[number]>>;

export const reasoningEfforts = ['none', 'minimal', 'low', 'medium', 'high'] as const;
export type ReasoningEffort = (typeof reasoningEfforts)[number];

/** Gemini through its REST API. The key itself never stands in a configuration. */
export const geminiSchema = z.strictObject({
  /** As the API names it. */
  model: z.string().min(1).default('gemini-2.5-flash-lite'),
  /** Name of the environment variable that holds the key. */
  apiKeyEnv: environmentVariable.default('GEMINI_API_KEY'),
  /** Google's own address when left out. */
  baseUrl: serverAddress.optional(),
  /** Longest wait for one reply. */
  timeoutSeconds: z.number().positive().default(120),
  /** Most tokens a model may think, billed as output: 0 for none where it can do without, -1 for its own choice. */
  thinkingBudget: z.int().min(-1).optional(),
  /** The same in words, for models from Gemini 3 on. */
  thinkingLevel: z.enum(geminiThinkingLevels).optional(),
  /** Threshold of the filter by category: medical images are taken for something else now and then. */
  safety: z.partialRecord(z.enum(geminiHarms), z.enum(geminiThresholds)).optional(),
});

/** Any server that speaks OpenAI's chat completions: vLLM, SGLang, Ollama, llama.cpp, OpenAI. */
export const openAiSchema = z.strictObject({
  /** As the server names it, for example Qwen/Qwen2.5-VL-72B-Instruct. */
  model: z.string().min(1),
  /** Address with its version; vLLM's own by default. */
  baseUrl: serverAddress.default('http://127.0.0.1:8000/v1'),
  /** Name of the environment variable that holds the key; no key is sent where it is left out. */
  apiKeyEnv: environmentVariable.optional(),
  /** How replies are held to their structure: by the whole JSON Schema, to being some JSON object, or not at all. */
  structuredOutput: z.enum(structuredOutputs).default('json-schema'),
  /** Newer OpenAI models take only max_completion_tokens. */
  lengthField: z.enum(['max_tokens', 'max_completion_tokens']).default('max_tokens'),
  /** How much a model that thinks may think; as the server does where it is left out. */
  reasoningEffort: z.enum(reasoningEfforts).optional(),
  /**
   * Program that works off batches over files, in place of a server: `[vllm, run-batch, --model, NAME, -i, "{input}", -o, "{output}"]`.
   * With mode batch (or auto) requests are written to the input in OpenAI's batch format, and results read from the output.
   */
  batchCommand: z
    .array(z.string().min(1))
    .min(1)
    .refine((words) => ['{input}', '{output}'].every((file) => words.some((word) => word.includes(file))), {
      error: 'its arguments must name the two files: {input} and {output}',
    })
    .optional(),
  /** Longest wait for one reply. */
  timeoutSeconds: z.number().positive().default(120),
});

/** A Hugging Face VLM run here as a job: nothing leaves the machine. */
export const localModelSchema = z.strictObject({
  /** Model folder or Hugging Face id; `phantom` is the tiny model that ships with medgr2. */
  model: z.string().min(1),
  /** Number format of compute; `auto` is bfloat16 on a GPU that has it, else float32. */
  dtype: z.enum(['auto', 'float32', 'bfloat16', 'float16']).default('auto'),
  /** Largest number of pixels an image is resized to. */
  maxPixels: z.int().positive().optional(),
  /** Requests the model answers at once. */
  batchSize: z.int().positive().default(16),
  /** Requests of one job: the model is loaded once for them. */
  requestsPerJob: z.int().positive().max(4096).default(512),
});

/** What the provider allows; left out, only the concurrency bounds a run. */
export const limitsSchema = z.strictObject({
  /** Requests a minute. */
  requestsPerMinute: z.number().positive().optional(),
  /** Input and output together. */
  tokensPerMinute: z.number().positive().optional(),
});

export const generationModes = ['interactive', 'batch', 'auto'] as const;

/** Requests by the provider's batch API. */
export const batchSchema = z.strictObject({
  /** With mode auto: requests of a cycle from which it asks in batches. */
  above: z.int().positive().default(1000),
  /** Most requests of one batch; each file also keeps below the provider's limit in bytes. */
  requests: z.int().min(1).max(50_000).default(5000),
  /** Batches at the provider at a time: fewer where its limit of waiting tokens refuses some. */
  atOnce: z.int().min(1).max(100).default(10),
});

export const providerNames = ['simulated', 'gemini', 'openai', 'local', 'own'] as const;

/** Who is asked, to write samples or to judge them. */
export interface Asked {
  provider: (typeof providerNames)[number];
  gemini: z.output<typeof geminiSchema>;
  openai?: z.output<typeof openAiSchema> | undefined;
  local?: z.output<typeof localModelSchema> | undefined;
}

/** The section of the chosen provider. The schema asks for it; this is for configurations made in code. */
export function sectionOf<Name extends 'openai' | 'local', From extends Partial<Record<Name, unknown>>>(
  asked: From,
  name: Name,
): NonNullable<From[Name]> {
  const section = asked[name];
  if (section !== undefined && section !== null) return section;
  throw new ConfigError('no-provider-section', `provider is ${name}, but the section ${name} beside it is missing`, {
    remedy: `Add ${name} with at least its model.`,
  });
}
