/** Tells, once for each, that another model answered than was asked: an alias may have become another, a server may hold another. */
export interface VersionWatch {
  /** @param version What the provider says answered; undefined where it does not say. */
  answered(version: string | undefined): void;
}

export function watchVersions(model: string, notice: (message: string) => void): VersionWatch {
  const told = new Set<string>();
  return {
    answered: (version) => {
      if (version === undefined || told.has(version) || isVersionOf(version, model)) return;
      told.add(version);
      notice(
        `${version} answered where ${model} was asked: prices and results are of another model. Each sample's provenance ` +
          'says which one wrote it; name the model itself in the configuration where that matters.',
      );
    },
  };
}

/** `gemini-2.5-flash-001` and `gpt-5-mini-2025-08-07` are the model asked for; `gemini-3-flash` for `gemini-flash-latest` is not. */
function isVersionOf(version: string, model: string): boolean {
  const [answered, asked] = [bare(version), bare(model)];
  return answered === asked || (answered.startsWith(asked) && dated.test(answered.slice(asked.length)));
}

/** A date, a number or a word for its state: never another size or kind of model. */
const dated = /^(?:[-@:](?:\d[\d-]*|preview|exp|experimental|latest|stable|fp8|awq))+$/;

const bare = (name: string): string => name.toLowerCase().replace(/^models\//, '');
