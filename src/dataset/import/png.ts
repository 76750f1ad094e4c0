/** The chunks of a PNG file: whether it holds pixels and nothing else, and how many frames an animated one has. */

const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
/** Header, palette, transparency, pixels, end; and numbers of fixed length that change no colour. */
const bare = new Set(['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND', 'pHYs', 'sRGB', 'sBIT', 'bKGD']);

export function pngContent(file: Buffer): { bare: boolean; frames: number } {
  let at = signature.length;
  let frames = 1;
  let only = true;
  while (at + 12 <= file.length) {
    const length = file.readUInt32BE(at);
    const name = file.toString('latin1', at + 4, at + 8);
    only &&= bare.has(name);
    if (name === 'acTL' && length >= 8) frames = file.readUInt32BE(at + 8);
    at += 12 + length;
    if (name === 'IEND') break;
  }
  return { bare: only && at === file.length, frames };
}
