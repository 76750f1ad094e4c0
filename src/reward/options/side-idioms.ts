/** Where `left` and `right` are no sides: `that's right`, `right-handed`, `only the effusion is left`, `the patient left`. */
const rights = new RegExp(
  `\\b(?:${["that'?s", 'that is', "you'?re", 'you are', 'quite', "I'?m", 'I am'].join('|')}) right\\b|\\ball right\\b|` +
    '\\bright (?:now|away|here|there|answer|option|choice|one)\\b|\\bright[ -]?(?:click|hand(?:ed)?|side[ -]up)\\b|' +
    '\\b(?:rotated|turn(?:ed)?|tilted) (?:to the )?right\\b',
  'gi',
);
const lefts = new RegExp(
  "\\b(?:only|nothing|all|what|whatever)\\b[^.!?;,\\n]*\\b(?:is|are|that's) left\\b|\\bleft (?:over|behind|out|untreated|unchanged)\\b|" +
    '\\b(?:is|are|was|were) left (?:with|to)\\b|\\b(?:he|she|they|patient|who) left\\b|\\bleft[ -]?hand(?:ed)?\\b|' +
    '\\b(?:rotated|turn(?:ed)?|tilted) (?:to the )?left\\b',
  'gi',
);

export const withoutSideIdioms = (text: string): string =>
  text
    .replace(rights, (found) => found.replace(/right/i, 'so'))
    .replace(lefts, (found) => found.replace(/left/i, 'remaining'));
