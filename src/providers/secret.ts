/** API keys: read from the environment, never written anywhere. */
import { ConfigError } from '../errors.js';

/** Shorter strings would blank out ordinary words. */
const shortestRedacted = 6;

/**
 * The key held by an environment variable.
 * @throws ConfigError `missing-api-key`, which names the variable and never the value.
 */
export function apiKeyFromEnvironment(
  variable = 'GEMINI_API_KEY',
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const key = environment[variable]?.trim();
  if (!key) {
    throw new ConfigError('missing-api-key', `The environment variable ${variable} holds no API key.`, {
      remedy: `Set ${variable} to your key, or name another variable in the configuration.`,
      where: variable,
    });
  }
  return requireHeaderSafe(key, `the environment variable ${variable}`);
}

/** HTTP clients quote a header they cannot send, so a key with a line break would end up in an error message. */
export function requireHeaderSafe(key: string, where: string): string {
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  throw new ConfigError(
    'malformed-api-key',
    `The API key in ${where} holds spaces, line breaks or non-ASCII characters.`,
    {
      remedy: 'Copy the key again; it is one run of letters, digits and signs.',
      where,
    },
  );
}

/** The text with every occurrence of the secret blanked out. */
export function redact(text: string, secret: string): string {
  return secret.length < shortestRedacted ? text : text.replaceAll(secret, '[API key]');
}
