/** Which section of the configuration asks a provider, for messages. */
/** Sections of the configuration that ask a provider: messages name settings as the person who reads them wrote them. */
export type AskingSection = 'generation' | 'verify';

/** What the work of a section is called at the beginning of a sentence. */
export const workNames: Readonly<Record<AskingSection, string>> = {
  generation: 'Generation',
  verify: 'Verification',
};
