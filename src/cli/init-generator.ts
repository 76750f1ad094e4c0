/** What `medgr2 init` asks about the generator: who it is, where it runs, and why images may go there. */
import { destinationOf } from '../config/egress-rule.js';
import type { GeneratorAnswers } from '../config/init-template.js';
import { ConfigError } from '../errors.js';

export interface GeneratorFlags {
  generator?: string | undefined;
  generatorModel?: string | undefined;
  generatorUrl?: string | undefined;
  generatorKey?: string | undefined;
  egressReason?: string | undefined;
}

/** Gives what a flag says, else what a person answers, else the usual; `read` refuses what is no answer. */
export type Ask = <T>(
  flag: string | undefined,
  question: string,
  otherwise: string,
  read: (text: string) => T | Promise<T>,
) => Promise<T>;

export const asWritten = (text: string): string => text;

const generators = ['gemini', 'openai', 'local'] as const;

/**
 * @param labelled Of a pool whose labels answer questions the simulated teacher knows enough.
 * @throws ConfigError where nobody said that images may leave this machine.
 */
export async function initGenerator(flags: GeneratorFlags, ask: Ask, labelled = false): Promise<GeneratorAnswers> {
  const provider = await ask(
    flags.generator,
    `Who writes the questions: ${generators.join(', ')} (a model on this machine)${labelled ? ', simulated (from the labels, to try the loop for nothing)' : ''} [gemini]: `,
    'gemini',
    (text) => (labelled && text === 'simulated' ? text : generatorNamed(text)),
  );
  const modelOr = (otherwise: string): Promise<string> =>
    ask(flags.generatorModel, `Model of the generator [${otherwise}]: `, otherwise, asWritten);
  switch (provider) {
    case 'simulated':
      return { provider };
    case 'gemini': {
      const model = flags.generatorModel ?? 'gemini-2.5-flash-lite';
      return { provider, model, reason: await reasonFor(flags, ask, 'Gemini') };
    }
    case 'openai': {
      const baseUrl = await urlOf(flags, ask);
      const model = await modelOr('Qwen/Qwen2.5-VL-7B-Instruct');
      const destination = destinationOf(provider, model, baseUrl);
      const reason = destination === null ? null : await reasonFor(flags, ask, destination.host);
      return { provider, model, baseUrl, keyVariable: flags.generatorKey ?? null, reason };
    }
    case 'local':
      return { provider, model: await modelOr('Qwen/Qwen2.5-VL-7B-Instruct') };
  }
}

function generatorNamed(text: string): (typeof generators)[number] {
  const found = generators.find((name) => name === text);
  if (found !== undefined) return found;
  if (text === 'simulated')
    throw new ConfigError('no-teacher', 'the simulated teacher knows no answers about your images', {
      remedy: `Take --generator ${generators.join(' or ')}; or say --have classes, boxes or masks, where such labels tell it the answers; or leave --images out to see the loop on drawn images.`,
    });
  throw new ConfigError('unknown-generator', `${text} is not one of ${generators.join(', ')}`, {
    remedy: 'Name one of them; nothing was written.',
  });
}

/** Where images go, if they leave this machine. */
export function elsewhere(generator: GeneratorAnswers): string | null {
  if (generator.provider === 'gemini') return 'Gemini';
  return generator.provider === 'openai' && generator.reason !== null ? new URL(generator.baseUrl).host : null;
}

/** Variable that must hold a key before the run; null where none is needed. */
export function keyVariableOf(generator: GeneratorAnswers): string | null {
  if (generator.provider === 'gemini') return 'GEMINI_API_KEY';
  return generator.provider === 'openai' ? generator.keyVariable : null;
}

async function urlOf({ generatorUrl }: GeneratorFlags, ask: Ask): Promise<string> {
  const usual = 'http://127.0.0.1:8000/v1';
  return ask(generatorUrl, `Address of the server, with its version [${usual}]: `, usual, (url) => {
    if (/^https?:$/.test(URL.parse(url)?.protocol ?? '')) return url;
    throw new ConfigError('bad-url', `${url} is no address`, {
      remedy: `Write it like ${usual} (vLLM) or http://127.0.0.1:11434/v1 (Ollama); nothing was written.`,
    });
  });
}

async function reasonFor({ egressReason }: GeneratorFlags, ask: Ask, whom: string): Promise<string> {
  const question = `${whom} would get your images. Why may they leave this machine? `;
  const reason = await ask(egressReason, question, '', asWritten);
  if (reason !== '') return reason;
  throw new ConfigError('no-consent', `your images would be sent to ${whom}, and nobody has said that they may be`, {
    remedy: 'Say why with --egress-reason, for example --egress-reason "public data set, CC0"; nothing was written.',
  });
}
