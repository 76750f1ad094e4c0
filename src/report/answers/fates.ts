/** What became of a test question from the base to the policy that goes on. */

/** In the order in which they are shown; what was right and stayed so is not. */
export const fates = ['newly-wrong', 'still-wrong', 'newly-right'] as const;
export type Fate = (typeof fates)[number];

export const fateWords: Record<Fate, string> = {
  'newly-wrong': 'newly wrong',
  'still-wrong': 'still wrong',
  'newly-right': 'newly right',
};

/** Null of what was right and stayed so, and of what was not asked. */
export function fateOf(before: boolean | undefined, now: boolean | undefined): Fate | null {
  if (now === undefined) return null;
  if (now) return before === false ? 'newly-right' : null;
  return before === true ? 'newly-wrong' : 'still-wrong';
}
