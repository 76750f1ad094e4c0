/**
 * Whether a sample tells of the text that its generator was shown beside the image. Nobody who answers has that text: a sample
 * that quotes it or points to it asks for what the image cannot answer, and would teach to recite. Pure.
 */
import type { Sample } from '../sample.js';

type Texts = Pick<Sample, 'question' | 'options' | 'answer' | 'rationale'>;

/** Words in a row that no two people write by chance. */
const quotedWords = 8;

const pointsToText =
  /\b(?:the|this|a|an|radiology|accompanying|attached|given|provided|written|clinical) (?:report|caption|text|findings section|impression section|clinical (?:note|history|information))\b|\b(?:according to|as) (?:the )?(?:reported|report|radiologist|physician|referring)\b|\bradiologist(?:'s|s)? (?:report|note|impression|read)/i;
const masked = /\[(?:PATIENT|NAME|DATE|PLACE|ORGANISATION|ID|CONTACT|AGE)\]/;

/** @returns What gives it away, or null. */
export function contextTold({ question, options, answer, rationale }: Texts, context: string): string | null {
  const known = new Set(runsOf(context));
  const texts = { question, options: options.join('\n'), answer, rationale };
  for (const [name, text] of Object.entries(texts)) {
    const pointed = masked.exec(text)?.[0] ?? pointsToText.exec(text)?.[0];
    if (pointed !== undefined) return `The ${name} speaks of the text beside the image: "${pointed}".`;
    if (runsOf(text).some((run) => known.has(run)))
      return `The ${name} quotes ${quotedWords} or more words of the text beside the image.`;
  }
  return null;
}

function runsOf(text: string): string[] {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return words
    .slice(0, Math.max(0, words.length - quotedWords + 1))
    .map((_, at) => words.slice(at, at + quotedWords).join(' '));
}
