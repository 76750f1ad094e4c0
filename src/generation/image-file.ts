/** Reads the image a task names and tells its media type from its first bytes; no decoding. */
import { readFile } from 'node:fs/promises';
import { DataError, messageOf } from '../errors.js';
import { sha256 } from '../hash.js';

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
    bytes = await readFile(path);
  } catch (cause) {
    throw unusable(path, `it cannot be read (${messageOf(cause)})`, 'Restore the file, or leave the image out.', cause);
  }
  if (sha256(bytes) !== expectedHash) {
    throw unusable(path, 'its content is not what it was when it was listed', 'List the images again.');
  }
  const mediaType = mediaTypeOf(bytes);
  if (mediaType === null) throw unusable(path, 'it is no PNG, JPEG, WebP or GIF file', 'Convert it first.');
  return { bytes, mediaType, path };
}

function mediaTypeOf(bytes: Buffer): string | null {
  const starts = bytes.toString('latin1', 0, 12);
  if (starts.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
  if (starts.startsWith('\xff\xd8\xff')) return 'image/jpeg';
  if (starts.startsWith('RIFF') && starts.endsWith('WEBP')) return 'image/webp';
  if (/^GIF8[79]a/.test(starts)) return 'image/gif';
  return null;
}

function unusable(path: string, why: string, remedy: string, cause?: unknown): DataError {
  return new DataError('image-unusable', `The image cannot be sent: ${why}.`, { remedy, where: path, cause });
}
