/** The chunks of a PNG file: whether it holds pixels and nothing else, and how many frames an animated one has. */

const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
/** Header, palette, transparency, pixels, end; and numbers of fixed length that change no colour. */
const bare = new Set(['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND', 'pHYs', 'sRGB', 'sBIT', 'bKGD']);

interface Chunk {
  name: string;
  start: number;
  end: number;
}

function* chunksOf(file: Buffer): Generator<Chunk> {
  for (let at = signature.length; at + 12 <= file.length;) {
    const end = at + 12 + file.readUInt32BE(at);
    const name = file.toString('latin1', at + 4, at + 8);
    yield { name, start: at, end };
    if (name === 'IEND') return;
    at = end;
  }
}

export function pngContent(file: Buffer): { bare: boolean; frames: number } {
  const chunks = [...chunksOf(file)];
  const animation = chunks.find(({ name }) => name === 'acTL');
  const only = chunks.every(({ name }) => bare.has(name)) && chunks.at(-1)?.end === file.length;
  return { bare: only, frames: animation === undefined ? 1 : file.readUInt32BE(animation.start + 8) };
}

/** EXIF may stand behind the pixels, where libvips does not look for which way is up: there it comes before them. */
export function withEarlyExif(file: Buffer): Buffer {
  if (!file.subarray(0, signature.length).equals(signature)) return file;
  const chunks = [...chunksOf(file)];
  const [exif, pixels] = ['eXIf', 'IDAT'].map((wanted) => chunks.find(({ name }) => name === wanted));
  if (exif === undefined || pixels === undefined || exif.start < pixels.start) return file;
  return Buffer.concat([
    file.subarray(0, pixels.start),
    file.subarray(exif.start, exif.end),
    file.subarray(pixels.start, exif.start),
    file.subarray(exif.end),
  ]);
}
