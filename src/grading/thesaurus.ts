/** What the grading needs from a thesaurus: the senses of a word, most frequent first. */

/** Part of speech, as WordNet names it. */
export type PartOfSpeech = 'noun' | 'verb' | 'adj' | 'adv';

/** One meaning of a word. */
export interface Sense {
  /** Unique among senses of one part of speech. */
  id: number;
  /** All words that share the sense, blanks as `_`. */
  words: readonly string[];
  /** Stems (see rationale-words.ts) of the content words in definition and examples. */
  glossStems: ReadonlySet<string>;
  /** Names a part of a body. */
  anatomical: boolean;
  /** Ids of senses that WordNet calls similar; adjectives only. */
  similar: readonly number[];
}

/** The senses of words: WordNet's by `loadWordNet`, or one's own. */
export interface Thesaurus {
  /** Senses of a base form in lower case, most frequent first; empty for an unknown word. */
  senses(lemma: string, pos: PartOfSpeech): readonly Sense[];
  /** How many of the senses were met in sense-tagged text: tells how usual the part of speech is for the word. */
  usage(lemma: string, pos: PartOfSpeech): number;
  /** How often the word was met with this very sense in sense-tagged text. */
  frequency(lemma: string, pos: PartOfSpeech, sense: Sense): number;
  /** The senses that a sense of an adjective is similar to. */
  similar(sense: Sense): readonly Sense[];
}
