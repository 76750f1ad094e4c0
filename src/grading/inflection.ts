/**
 * Regular English inflection, both ways. A word whose inflection is irregular is left alone rather than got wrong.
 */

export type Form = 'base' | 'plural' | 'third' | 'past' | 'gerund';

export interface Reading {
  lemma: string;
  form: Form;
}

const doubled = /^(.*[^aeiou][aeiou])([bdgklmnprt])\2$/;

/** Base forms a word may come from; most do not exist, which a thesaurus tells. */
export function readings(word: string): Reading[] {
  const found: Reading[] = [{ lemma: word, form: 'base' }];
  const add = (form: Form, ...lemmas: string[]): void => {
    for (const lemma of lemmas) if (lemma.length > 2) found.push({ lemma, form });
  };
  if (/[^s]s$/.test(word) && !/(?:us|is)$/.test(word)) {
    const lemmas = word.endsWith('ies')
      ? [`${word.slice(0, -3)}y`]
      : /(?:ch|sh|ss|x|z|o)es$/.test(word)
        ? [word.slice(0, -2)]
        : [word.slice(0, -1)];
    add('plural', ...lemmas);
    add('third', ...lemmas);
  }
  for (const [ending, form] of [
    ['ed', 'past'],
    ['ing', 'gerund'],
  ] as const) {
    if (!word.endsWith(ending)) continue;
    const stem = word.slice(0, -ending.length);
    if (ending === 'ed' && stem.endsWith('i')) add(form, `${stem.slice(0, -1)}y`);
    const single = doubled.exec(stem);
    add(form, ...(single === null ? [stem, `${stem}e`] : [`${single[1]}${single[2]}`, stem]));
  }
  return found;
}

/** Verbs whose past is not `-ed`, and nouns whose plural is not `-s`; they are not put into those forms. */
const irregular = new Set(
  `
    arise bear beat become begin bend bind bite bleed blow break breed bring build burst buy cast catch choose
    cling come cost creep cut deal dig draw drink drive eat fall feed feel fight find fit flee fly forget forgive
    freeze get give go grind grow hang hear hide hit hold hurt keep know lay lead learn leave lend let lie light
    lose make mean meet overcome pay put read ride ring rise run say see seek sell send set shake shed shine shoot
    show shrink shut sing sink sit sleep slide speak spend spin split spread spring stand steal stick sting strike
    swear sweep swell swim swing take teach tear tell think throw understand undergo wake wear weave win wind
    write man woman child foot tooth mouse ox analysis basis crisis diagnosis focus locus nucleus stimulus
    criterion phenomenon datum medium index appendix vertex matrix radius axis half leaf life calf shelf knife
    series species
  `.match(/\S+/g),
);
/** Stressed on the last syllable, so that the consonant doubles: `occurred`. */
const endStressed =
  /(?:^|[^aeiou])(?:occur|refer|prefer|infer|admit|permit|commit|submit|emit|control|compel|expel|begin|regret)$/;

/** Puts a base form into a form; null where that takes more than the regular rules. */
export function inflect(lemma: string, form: Form): string | null {
  if (form === 'base') return lemma;
  if (irregular.has(lemma) && form !== 'third' && form !== 'gerund') return null;
  if (form === 'plural' || form === 'third') {
    if (/[^aeiou]y$/.test(lemma)) return `${lemma.slice(0, -1)}ies`;
    if (/(?:ch|sh|s|x|z)$/.test(lemma)) return /(?:is|us)$/.test(lemma) ? null : `${lemma}es`;
    // Potatoes, leaves, bacteria.
    if (form === 'plural' && /(?:[^aeiou]o|fe?|um)$/.test(lemma)) return null;
    return `${lemma}s`;
  }
  const ending = form === 'past' ? 'ed' : 'ing';
  if (/(?:ee|oe|ye)$/.test(lemma)) return ending === 'ed' ? `${lemma}d` : `${lemma}ing`;
  if (lemma.endsWith('ie')) return ending === 'ed' ? `${lemma}d` : `${lemma.slice(0, -2)}ying`;
  if (lemma.endsWith('e')) return `${lemma.slice(0, -1)}${ending}`;
  if (ending === 'ed' && /[^aeiou]y$/.test(lemma)) return `${lemma.slice(0, -1)}ied`;
  if (lemma.endsWith('c')) return `${lemma}k${ending}`;
  const double = /^[^aeiou]*[aeiou][bdgklmnprt]$/.test(lemma) || endStressed.test(lemma);
  return `${lemma}${double ? lemma.at(-1) : ''}${ending}`;
}

/** Gives `target` the case of `model`: all capitals, first capital, or as it is. */
export function withCaseOf(model: string, target: string): string {
  if (model.length > 1 && model === model.toUpperCase() && model !== model.toLowerCase()) return target.toUpperCase();
  const first = model.charAt(0);
  return first !== first.toLowerCase() ? target.charAt(0).toUpperCase() + target.slice(1) : target;
}

/** `an` before a vowel sound, judged by spelling. */
export function articleFor(word: string): 'a' | 'an' {
  if (/^(?:uni|use|usu|eu|one|ubi)/i.test(word)) return 'a';
  if (/^(?:hour|honest|heir)/i.test(word)) return 'an';
  // Abbreviations are spelled out: an MRI, an X-ray, a CT.
  if (/^[A-Z](?:[A-Z0-9]|-|$)/.test(word)) return /^[AEFHILMNORSX]/.test(word) ? 'an' : 'a';
  return /^[aeiou]/i.test(word) ? 'an' : 'a';
}
