/** Which limit a refusal names: one of this minute, which passes by waiting; one of the day; or the account's money. */
import type { ErrorDetails } from '@google/generative-ai';

/** Of a provider's limits, the one that was reached. */
export type Quota = 'minute' | 'day' | 'account';

const ofDay = /per[ _-]?day|daily|\b[rt]pd\b|\(\s*[rt]pd\s*\)/i;
const ofMinute = /per[ _-]?(?:minute|second|hour)|\b[rt]p[ms]\b/i;
/** OpenAI's word is `insufficient_quota`. `Check your plan and billing` is none: Gemini says it of every limit. */
const ofAccount = /insufficient[_ ](?:quota|funds|credits?|balance)|out of credits/i;

/** Undefined for a refusal that does not say. @param texts The message, code and kind of the error. */
export function quotaOf(status: number | undefined, texts: readonly (string | undefined)[]): Quota | undefined {
  if (status === 402) return 'account';
  if (status !== 429) return undefined;
  const text = texts.filter((one) => one !== undefined).join('\n');
  if (ofDay.test(text)) return 'day';
  if (ofMinute.test(text)) return 'minute';
  return ofAccount.test(text) ? 'account' : undefined;
}

/** The quotas that google.rpc.QuotaFailure names: `GenerateRequestsPerDayPerProjectPerModel-FreeTier`. */
export function violatedQuotas(details: readonly ErrorDetails[] | undefined): string {
  const violations = (details ?? [])
    .filter((detail) => detail['@type']?.endsWith('google.rpc.QuotaFailure'))
    .flatMap((detail) => (detail as { violations?: unknown }).violations)
    .filter((violation) => typeof violation === 'object' && violation !== null);
  return violations
    .map((violation) =>
      Object.values(violation)
        .filter((value) => typeof value === 'string')
        .join(' '),
    )
    .join('\n');
}

export function quotaRemedy(quota: Quota): string {
  if (quota === 'day')
    return "The day's quota is used up: give the same command again when it is renewed (Google: midnight Pacific time), or raise it.";
  if (quota === 'account')
    return "The account's credit or quota is used up: raise it, then give the same command again.";
  return 'Lower concurrency or set limits, in the section that names this provider; the run waits and goes on by itself.';
}
