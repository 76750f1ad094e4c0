/** Asks a person one line at a terminal. */
import { createInterface } from 'node:readline/promises';

/** The answer, without spaces around it. Rejects with an AbortError when the signal aborts. */
export async function askLine(question: string, signal: AbortSignal): Promise<string> {
  const line = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return (await line.question(question, { signal })).trim();
  } finally {
    line.close();
  }
}
