/** What the command line talks to: passed in, so that a test can read what a person would see. */
export interface CommandIo {
  /** Results and progress. */
  out(text: string): void;
  /** Notes and errors. A screen replaces it while it is on the terminal, and gives it back. */
  error(text: string): void;
  /** One line from the person; left out where nobody is at a terminal. */
  ask?: ((question: string) => Promise<string>) | undefined;
  env: Readonly<Record<string, string | undefined>>;
  /** Aborts when the person stops the command. */
  signal: AbortSignal;
  /** Where a person sits at a terminal that can show a screen; left out in pipes, in CI and on dumb terminals. */
  terminal?: { stdin: NodeJS.ReadStream; stdout: NodeJS.WriteStream } | undefined;
}
