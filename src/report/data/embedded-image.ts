/** A run's image small enough to stand in the page itself. */
import sharp from 'sharp';

export interface EmbeddedImage {
  /** A data URL. */
  url: string;
  width: number;
  height: number;
}

/** Longest side, in pixels. */
const imageSize = 224;

/** Null where the image is not there or cannot be read: the page says so; a report is no place to fail over it. */
export async function embedImage(file: string): Promise<EmbeddedImage | null> {
  try {
    const { data, info } = await sharp(file)
      .rotate()
      .resize({ width: imageSize, height: imageSize, fit: 'inside', withoutEnlargement: true })
      .webp({ quality: 82 })
      .toBuffer({ resolveWithObject: true });
    const url = `data:image/webp;base64,${data.toString('base64')}`;
    return { url, width: info.width, height: info.height };
  } catch {
    return null;
  }
}
