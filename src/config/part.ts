/** What every part of the loop states that a person can replace, and what stands for it in what a stage was made of. */

/** A part of the loop, by what tells it from others. */
export interface Part {
  /** Letters, digits, `-` and `_`: it stands in events, errors and, of providers and strategies, in each sample's provenance. */
  readonly name: string;
  /**
   * Any text that changes when what the part does changes. A run folder knows it: another version has the stages that the part
   * touches done again, and those that follow from them.
   */
  readonly version: string;
}

export const identityOf = ({ name, version }: Part): { name: string; version: string } => ({ name, version });
