/** Options that carry their own labels, as `1) CT, 2) MRI`: what they say without them, and numbers that are labels as letters. */
const label = /^\s*[([]?(?:(\d{1,2})|([A-Za-z]))\s*[)\].:]\s*(\S.*)$/s;

export interface Unlabelled {
  options: string[];
  /** A text with the labels that it names as letters. */
  relettered: (text: string) => string;
}

/** Null where options are not labelled in their order. */
export function withoutLabels(options: readonly string[]): Unlabelled | null {
  const parts = options.map((option) => label.exec(option));
  const inOrder = parts.every(
    (part, i) => part !== null && (Number(part[1]) === i + 1 || part[2]?.toUpperCase().charCodeAt(0) === 65 + i),
  );
  const plain = parts.map((part) => part?.[3]?.trim() ?? '');
  if (!inOrder || options.length < 2 || new Set(plain).size < plain.length) return null;
  const numeric = plain.some((option) => /^\W*\d/.test(option));
  if (parts[0]?.[1] === undefined || numeric) return { options: plain, relettered: (text) => text };
  const numbers =
    /(?<![\d.,\p{L}-])([1-9]\d?)(?=\s*(?:[)\].:,;]|$|\n|<|(?:or|and|is|because|oder|und|ou|et|y|o)\b))(?![.,]\d)/gu;
  return {
    options: plain,
    relettered: (text) =>
      text.replace(numbers, (found) =>
        Number(found) <= plain.length ? String.fromCharCode(64 + Number(found)) : found,
      ),
  };
}
