/** An image as coloured half blocks: each cell shows two pixels, one above the other. Decoded off the drawing path. */
import sharp from 'sharp';

export interface Cell {
  /** `#rrggbb` of the upper and of the lower pixel. */
  top: string;
  bottom: string;
  /** A character of like darkness, for terminals without colour. */
  shade: string;
}

const shades = ' ░▒▓█';

/** @returns Rows of cells that keep the image's proportions within `columns` × `rows`. */
export async function halfBlocks(file: string, columns: number, rows: number): Promise<Cell[][]> {
  const { data, info } = await sharp(file)
    .flatten({ background: '#000000' })
    .resize(columns, rows * 2, { fit: 'inside', kernel: 'lanczos3' })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const pixel = (x: number, y: number): [number, number, number] => {
    if (y >= info.height) return [0, 0, 0];
    const at = (y * info.width + x) * info.channels;
    const value = (channel: number): number => data[at + (info.channels >= 3 ? channel : 0)] ?? 0;
    return [value(0), value(1), value(2)];
  };
  return Array.from({ length: Math.ceil(info.height / 2) }, (_, row) =>
    Array.from({ length: info.width }, (__, x) => {
      const [top, bottom] = [pixel(x, row * 2), pixel(x, row * 2 + 1)];
      const light = [...top, ...bottom].reduce((sum, value) => sum + value, 0) / (6 * 255);
      return { top: hex(top), bottom: hex(bottom), shade: shades[Math.round(light * 4)] ?? ' ' };
    }),
  );
}

const hex = (values: readonly number[]): string =>
  `#${values.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
