/** Reads the image a task names as it may be sent: pixels and nothing beside them, whatever the file holds. */
import { readFile } from 'node:fs/promises';
import { cleanPicture } from '../dataset/import/picture.js';
import { DataError, messageOf } from '../errors.js';
import { sha256 } from '../hash.js';
import { requireFile } from '../file-kind.js';

export interface ImageFile {
  bytes: Uint8Array;
  mediaType: string;
  path: string;
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
