/** Image files with an invented patient beside their pixels, one for each place where a file can name one. */
import { execFileSync } from 'node:child_process';

/** Name, date and accession number. */
export const planted = ['DOE^JANE', '19700131', 'ACC-774411'] as const;

/** Which of them stand in some bytes, as text of one or two bytes a letter. */
export function whoNames(bytes: Uint8Array): string[] {
  const file = Buffer.from(bytes);
  return planted.filter((text) => file.includes(text) || file.includes(Buffer.from(text, 'utf16le')));
}

const script = `
import io, struct, sys, zlib
from pathlib import Path
import numpy as np
from PIL import Image, ImageCms, PngImagePlugin, TiffImagePlugin
out = Path(sys.argv[1]); out.mkdir(parents=True)
who = 'DOE^JANE 19700131 ACC-774411'
first = 0
def picture():
    global first; first += 1
    spots = np.random.default_rng(first).integers(0, 256, (6, 9, 3), dtype='uint8')  # none looks like another
    return Image.fromarray(spots).resize((90, 60), Image.Resampling.BICUBIC)
def exif(orientation=1):
    made = Image.Exif(); made[0x112] = orientation; made[0x10e] = who; made[0x13b] = who; made[0x9c9b] = who.encode('utf-16le')
    return made
xmp = ('<x:xmpmeta xmlns:x="adobe:ns:meta/"><dc:creator>' + who + '</dc:creator></x:xmpmeta>').encode()
profile = ImageCms.ImageCmsProfile(ImageCms.createProfile('sRGB')).tobytes()
# A profile that shows red where the file has green: its two colourants change names.
other = profile.replace(b'rXYZ', b'tmp!').replace(b'gXYZ', b'rXYZ').replace(b'tmp!', b'gXYZ')
def segment(marker, payload): return b'\\xff' + bytes([marker]) + struct.pack('>H', len(payload) + 2) + payload
def jpeg(name, *segments, tail=b'', **options):
    buffer = io.BytesIO(); picture().save(buffer, 'JPEG', quality=92, **options); data = buffer.getvalue()
    (out / name).write_bytes(data[:2] + b''.join(segments) + data[2:] + tail)
for turn in range(1, 9):
    jpeg(f'exif{turn}.jpg', exif=exif(turn))
    picture().save(out / f'exif{turn}.png', exif=exif(turn)); picture().save(out / f'exif{turn}.webp', exif=exif(turn), lossless=True)
    picture().save(out / f'exif{turn}.tif', exif=exif(turn))
    buffer = io.BytesIO(); picture().save(buffer, 'PNG', exif=exif(turn)); data = buffer.getvalue()
    at = data.index(b'eXIf') - 4; end = at + 12 + struct.unpack('>I', data[at:at + 4])[0]; last = data.index(b'IEND') - 4
    (out / f'late{turn}.png').write_bytes(data[:at] + data[end:last] + data[at:end] + data[last:])
jpeg('comment.jpg', segment(0xfe, who.encode()))
jpeg('xmp.jpg', segment(0xe1, b'http://ns.adobe.com/xap/1.0/\\0' + xmp))
iptc = b'\\x1c\\x02\\x78' + struct.pack('>H', len(who)) + who.encode()
jpeg('iptc.jpg', segment(0xed, b'Photoshop 3.0\\0' + b'8BIM' + struct.pack('>HHI', 0x0404, 0, len(iptc)) + iptc))
for marker in (0xe3, 0xe7, 0xef): jpeg(f'app{marker & 15}.jpg', segment(marker, who.encode()))
jpeg('tail.jpg', tail=who.encode())
jpeg('progressive.jpg', segment(0xfe, who.encode()), progressive=True, tail=who.encode())
jpeg('profile.jpg', segment(0xfe, who.encode()), icc_profile=profile)
jpeg('colours.jpg', segment(0xfe, who.encode()), icc_profile=other)
picture().save(out / 'colours.png', icc_profile=other, exif=exif())
picture().save(out / 'colours.webp', icc_profile=other, exif=exif(), lossless=True)
jpeg('jfxx.jpg', segment(0xe0, b'JFXX\\0\\x13' + who.encode()))
picture().convert('L').save(out / 'grey.jpg', comment=who.encode())
def chunk(name, payload): return struct.pack('>I', len(payload)) + name + payload + struct.pack('>I', zlib.crc32(name + payload))
def png(name, *chunks, tail=b''):
    buffer = io.BytesIO(); picture().save(buffer, 'PNG'); data = buffer.getvalue()
    (out / name).write_bytes(data[:33] + b''.join(chunks) + data[33:] + tail)
png('text.png', chunk(b'tEXt', b'Patient\\0' + who.encode()))
png('itxt.png', chunk(b'iTXt', b'Patient\\0\\0\\0\\0\\0' + who.encode()))
png('time.png', chunk(b'tIME', struct.pack('>HBBBBB', 1970, 1, 31, 0, 0, 0)), chunk(b'tEXt', b'Born\\0' + who.encode()))
png('private.png', chunk(b'prVt', who.encode()))
png('tail.png', tail=who.encode())
picture().save(out / 'xmp.webp', xmp=xmp)
picture().save(out / 'lossy.webp', exif=exif(), quality=95)
picture().quantize(64).save(out / 'comment.gif', comment=who.encode())
info = TiffImagePlugin.ImageFileDirectory_v2(); info[270] = who; info[315] = who; info[33432] = who; info[700] = xmp
picture().save(out / 'tags.tif', tiffinfo=info)
buffer = io.BytesIO(); picture().save(buffer, 'BMP'); (out / 'tail.bmp').write_bytes(buffer.getvalue() + who.encode())
`;

/** Writes them all into a new folder. */
export function plantPictures(python: string, folder: string): void {
  execFileSync(python, ['-c', script, folder]);
}
