/**
 * Reads the image a task names as it may be sent: pixels and nothing beside them, whatever the file holds. Tasks about one
 * image mostly follow each other: it is read and cleaned once for them.
 */
import { readFile } from 'node:fs/promises';
import { cleanPicture } from '../../dataset/pictures/picture.js';
import { DataError, messageOf } from '../../errors.js';
import { sha256 } from '../../hash.js';
import { requireFile } from '../../file-kind.js';

export interface ImageFile {
  bytes: Uint8Array;
  mediaType: string;
  path: string;
}

/** As `readImageFile` says. */
export type ImageReader = typeof readImageFile;

/** What stays for the next request about it. */
const most = { images: 16, bytes: 32 * 1024 * 1024 };

export function createImageReader(read: ImageReader = readImageFile): ImageReader {
  /** The oldest first, with its bytes, 0 until they are there. */
  const held = new Map<string, { image: Promise<ImageFile>; bytes: number }>();
  const trim = (): void => {
    let bytes = 0;
    for (const entry of held.values()) bytes += entry.bytes;
    for (const [key, entry] of held) {
      if (bytes <= most.bytes && held.size <= most.images) return;
      held.delete(key);
      bytes -= entry.bytes;
    }
  };
  return (path, expectedHash) => {
    const key = `${expectedHash} ${path}`;
    const known = held.get(key);
    if (known !== undefined) return known.image;
    const entry = { image: read(path, expectedHash), bytes: 0 };
    held.set(key, entry);
    const isRead = ({ bytes }: ImageFile): void => {
      entry.bytes = bytes.length;
      trim();
    };
    entry.image.then(isRead, () => held.delete(key));
    return entry.image;
  };
}

/**
 * @param expectedHash sha256 the bytes must have, so that a reply is never filed under another image.
 * @throws DataError `image-unusable`
 */
export async function readImageFile(path: string, expectedHash: string): Promise<ImageFile> {
  let bytes: Buffer;
  try {
    requireFile(path);
    bytes = await readFile(path);
  } catch (cause) {
    throw unusable(path, `it cannot be read (${messageOf(cause)})`, 'Restore the file, or leave the image out.', cause);
  }
  if (sha256(bytes) !== expectedHash) {
    throw unusable(path, 'its content is not what it was when it was listed', 'List the images again.');
  }
  const picture = await cleanPicture(bytes, 'any');
  if ('reason' in picture) throw unusable(path, `it ${picture.reason}`, 'Convert it first, or leave the image out.');
  return { bytes: picture.bytes, mediaType: picture.extension === '.png' ? 'image/png' : 'image/jpeg', path };
}

function unusable(path: string, why: string, remedy: string, cause?: unknown): DataError {
  return new DataError('image-unusable', `The image cannot be sent: ${why}.`, { remedy, where: path, cause });
}
