/** Cuts a byte stream into lines. A line may come in any number of pieces; a newline byte is never part of a character. */

const newline = 0x0a;

/** Longest line taken, in bytes; Node's longest string is about twice as long. */
export const longestLine = 256 * 1024 * 1024;

export class LineSplitter {
  #pieces: Uint8Array[] = [];
  #length = 0;

  /** The lines that `chunk` completes, without their newline. Throws a RangeError for a line beyond `longestLine`. */
  push(chunk: Uint8Array): string[] {
    const lines: string[] = [];
    let from = 0;
    for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, from)) {
      this.#keep(chunk.subarray(from, at));
      lines.push(Buffer.concat(this.#pieces, this.#length).toString('utf8'));
      this.#pieces = [];
      this.#length = 0;
      from = at + 1;
    }
    if (from < chunk.length) this.#keep(chunk.subarray(from));
    return lines;
  }

  #keep(piece: Uint8Array): void {
    this.#length += piece.length;
    if (this.#length > longestLine) throw new RangeError(`a line is longer than ${longestLine} bytes`);
    this.#pieces.push(piece);
  }
}
