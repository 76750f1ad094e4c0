/** What the command line talks to: passed in, so that a test can read what a person would see. */
export interface CommandIo {
  /** Results and progress. */
  out(text: string): void;
  /** Notes and errors. */
  error(text: string): void;
  /** One line from the person; left out where nobody is at a terminal. */
  ask?: ((question: string) => Promise<string>) | undefined;
  env: Readonly<Record<string, string | undefined>>;
  /** Aborts when the person stops the command. */
  signal: AbortSignal;
}
