/**
 * JPEG files without what is no picture: only the segments that a decoder needs are kept, the coded pixels byte for byte.
 * EXIF, XMP, IPTC, comments, thumbnails, profiles, further pictures and bytes after the end are gone.
 */

/** Frame headers, tables, restart interval, number of lines, scan. */
const needed = new Set([
  0xc0, 0xc1, 0xc2, 0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf, 0xc4, 0xcc, 0xdb, 0xdd, 0xdc, 0xda,
]);
const startOfScan = 0xda;
const endOfImage = 0xd9;
const start = Buffer.from([0xff, 0xd8]);
const end = Buffer.from([0xff, endOfImage]);

/** @returns Null where the segments do not follow each other as they should. */
export function bareJpeg(file: Buffer): { bytes: Buffer; pictures: number } | null {
  if (!file.subarray(0, 2).equals(start)) return null;
  const parts: Buffer[] = [start];
  let pictures = 1;
  let at = 2;
  while (at + 4 <= file.length) {
    if (file[at] !== 0xff) return null;
    // Any number of fill bytes may stand before a marker.
    while (file[at + 1] === 0xff) at += 1;
    const marker = file[at + 1] ?? 0;
    if (marker === endOfImage) break;
    const length = file.readUInt16BE(at + 2);
    const segment = file.subarray(at, at + 2 + length);
    if (length < 2 || segment.length < 2 + length) return null;
    at += segment.length;
    if (marker === 0xe2) pictures = Math.max(pictures, picturesOf(segment));
    const kept = needed.has(marker) ? segment : keptApplication(marker, segment);
    if (kept !== null) parts.push(kept);
    if (marker === startOfScan) {
      const to = endOfScan(file, at);
      parts.push(file.subarray(at, to));
      at = to;
    }
  }
  parts.push(end);
  return { bytes: Buffer.concat(parts), pictures };
}

/** JFIF without its thumbnail, and what Adobe's segment says about colours: decoders go by both. */
function keptApplication(marker: number, segment: Buffer): Buffer | null {
  const name = segment.toString('latin1', 4, 9);
  if (marker === 0xe0 && name === 'JFIF\0' && segment.length >= 18) {
    const header = Buffer.from(segment.subarray(0, 18));
    header.writeUInt16BE(16, 2);
    header.fill(0, 16, 18);
    return header;
  }
  if (marker === 0xee && name === 'Adobe' && segment.length >= 16) {
    const header = Buffer.from(segment.subarray(0, 16));
    header.writeUInt16BE(14, 2);
    return header;
  }
  return null;
}

/** Where the next marker is that is neither a stuffed byte nor a restart. */
function endOfScan(file: Buffer, from: number): number {
  for (let at = file.indexOf(0xff, from); at !== -1; at = file.indexOf(0xff, at + 1)) {
    const next = file[at + 1];
    if (next === undefined) return file.length;
    if (next !== 0 && next !== 0xff && !(next >= 0xd0 && next <= 0xd7)) return at;
  }
  return file.length;
}

/** Number of pictures that a multi-picture file says it holds. */
function picturesOf(segment: Buffer): number {
  if (segment.toString('latin1', 4, 8) !== 'MPF\0' || segment.length < 24) return 1;
  const little = segment.toString('latin1', 8, 10) === 'II';
  const word = (at: number, size: number): number =>
    at + size > segment.length ? 0 : little ? segment.readUIntLE(at, size) : segment.readUIntBE(at, size);
  const directory = 8 + word(12, 4);
  const count = word(directory, 2);
  for (let entry = 0; entry < count; entry++) {
    const at = directory + 2 + 12 * entry;
    if (word(at, 2) === 0xb001) return word(at + 8, 4);
  }
  return 1;
}
