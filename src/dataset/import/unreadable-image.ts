/**
 * What a file is that is no picture of the kinds that are read: by its first bytes, else by its name. With what can be done about
 * it, so that nothing is passed over without a word.
 */
import { open } from 'node:fs/promises';
import { medgr2 } from '../../called-as.js';

export interface FileKind {
  /** As it follows "is". */
  is: string;
  /** What to do to have it read; null where it is none of a person's pictures. */
  how: string | null;
}

const clinical = {
  dicom: { is: 'a DICOM file', how: `\`${medgr2} import dicom\` reads it` },
  nifti: { is: 'a NIfTI volume', how: `\`${medgr2} import nifti\` reads it` },
} as const satisfies Record<string, FileKind>;
const converted = (is: string, how = 'convert it to PNG first'): FileKind => ({ is, how });
const jpeg2000 = converted('a JPEG 2000 image');
const pdf = converted('a PDF document', 'write its pages as PNG first (pdftoppm -png)');
const heif = converted('a HEIF or AVIF image');
const other = (is: string): FileKind => ({ is, how: null });

/** First bytes, from an offset, as Latin-1. */
const beginnings: readonly (readonly [at: number, text: string, kind: FileKind])[] = [
  [128, 'DICM', clinical.dicom],
  [4, 'jP  \r\n\x87\n', jpeg2000],
  [0, '\xff\x4f\xff\x51', jpeg2000],
  [0, '%PDF', pdf],
  [4, 'ftypavi', heif],
  [4, 'ftyphei', heif],
  [4, 'ftyphev', heif],
  [4, 'ftypmif1', heif],
  [4, 'ftypmsf1', heif],
  [4, 'ftyp', converted('a video', 'write its frames as PNG first')],
  [0, '\x1aE\xdf\xa3', converted('a video', 'write its frames as PNG first')],
  [0, 'FORM', other('an IFF file')],
  [4, 'JXL \r\n\x87\n', converted('a JPEG XL image')],
  [0, '\xff\x0a', converted('a JPEG XL image')],
  [0, '8BPS', converted('a Photoshop file')],
  [0, 'v/1\x01', converted('an OpenEXR image')],
  [0, 'NRRD', converted('a NRRD volume', 'convert it to NIfTI first')],
  [0, 'ObjectType', converted('a MetaImage volume', 'convert it to NIfTI first')],
  [344, 'n+1\0', clinical.nifti],
  [344, 'ni1\0', clinical.nifti],
  [4, 'n+2\0', clinical.nifti],
  [0, 'PK\x03\x04', other('a zip or Office file')],
  [0, '\x00\x05\x16\x07', other('a file of macOS beside another')],
];

const names: readonly (readonly [RegExp, FileKind])[] = [
  [/\.(?:dcm|dicom|dic|ima)$/i, clinical.dicom],
  [/\.nii(?:\.gz)?$/i, clinical.nifti],
  [
    /\.(?:hdr|img)(?:\.gz)?$/i,
    converted('a part of an Analyze or NIfTI pair', `\`${medgr2} import nifti\` reads pairs`),
  ],
  [/\.(?:jp2|j2k|j2c|jpx|jpf|jpm)$/i, jpeg2000],
  [/\.svgz?$/i, converted('a drawing in SVG')],
  [/\.pdf$/i, pdf],
  [/\.(?:heic|heif|hif|avif)$/i, heif],
  [/\.jxl$/i, converted('a JPEG XL image')],
  [
    /\.(?:jls|pgm|ppm|pbm|pnm|pcx|tga|ico|icns|eps|ps|ai|psd|exr|dng|cr2|nef|arw|raw|emf|wmf)$/i,
    converted('an image of a kind that is not read'),
  ],
  [
    /\.(?:svs|ndpi|scn|mrxs|vms|bif|czi|lif|nd2|qptiff|isyntax)$/i,
    converted('a whole slide or microscope file', 'write the regions you need as PNG first'),
  ],
  [
    /\.(?:mha|mhd|nrrd|nhdr|mgz|mgh|mnc)$/i,
    converted('a volume of a kind that is not read', 'convert it to NIfTI first'),
  ],
  [/\.(?:mp4|avi|mov|mkv|webm|wmv|m4v|mpe?g)$/i, converted('a video', 'write its frames as PNG first')],
  [/\.(?:zip|tar|tgz|gz|bz2|xz|7z|rar)$/i, converted('an archive', 'unpack it first')],
];

/** Null where neither its bytes nor its name say anything. */
export function kindOf(name: string, head: Buffer): FileKind | null {
  const starts = head.toString('latin1');
  const found = beginnings.find(([at, text]) => starts.startsWith(text, at));
  if (found !== undefined) return found[2];
  if (/^\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*(?:<!DOCTYPE svg[^>]*>\s*)?<svg[\s>]/is.test(starts))
    return converted('a drawing in SVG');
  return names.find(([pattern]) => pattern.test(name))?.[1] ?? null;
}

/** Bytes that `kindOf` looks at. */
export const headLength = 512;

export async function headOf(path: string): Promise<Buffer> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(headLength), position: 0 });
  return buffer.subarray(0, bytesRead);
}

export const sentence = ({ is, how }: FileKind): string => (how === null ? `is ${is}` : `is ${is}: ${how}`);
