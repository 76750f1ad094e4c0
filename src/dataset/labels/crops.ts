/** Pictures of single boxes, each with the question what is in its middle. They belong to the patient of the picture they were cut from. */
import sharp from 'sharp';
import { sha256 } from '../../hash.js';
import { seededRandom } from '../../random.js';
import type { Rejection } from '../folders/dataset-folder.js';
import { mapInOrder } from '../import/import-helpers.js';
import { storePicture } from '../pictures/image-store.js';
import { cleanPicture } from '../pictures/picture.js';
import type { ClassName } from './class-names.js';
import type { Draft } from '../drafts/draft.js';
import type { KnownImage } from './known-images.js';
import { questionTypeOfKind, type Box, type Topic } from './label-set.js';

export interface CropOptions {
  /** The dataset folder. */
  dir: string;
  /** Most crops of one picture. */
  perImage: number;
  names: ReadonlyMap<string, ClassName>;
  topic: Topic;
  seed: number;
  rejected: Rejection[];
}

/** Around the box, of its longer side. */
const margin = 0.1;
/** What is smaller shows nothing, in pixels. */
const leastSide = 12;

export async function cropsOf(
  images: readonly KnownImage[],
  options: CropOptions,
): Promise<(KnownImage & { middle: Draft })[]> {
  const { dir, perImage, names, topic, seed, rejected } = options;
  const used = new Map<string, number>();
  const random = seededRandom('crops', seed);
  const chosen = images.flatMap((known) =>
    rarest(random.shuffle((known.boxes?.boxes ?? []).filter(isClear)), perImage, used).map((box) => ({ known, box })),
  );
  const cut = await mapInOrder(chosen, async ({ known: { image }, box }) => {
    const region = regionOf(box, image);
    const bytes = await sharp(image.path).extract(region).png().toBuffer();
    const picture = await cleanPicture(bytes);
    if ('reason' in picture) {
      rejected.push({
        file: image.path,
        line: box.line,
        code: 'crop-unusable',
        reason: `${box.called} ${picture.reason}`,
      });
      return [];
    }
    const imageHash = sha256(picture.bytes);
    const path = await storePicture(dir, picture, imageHash);
    const { width, height, originalHash, warnings } = picture;
    const detail = `${box.called} of ${image.imageHash.slice(0, 24)}`;
    const middle = middleDraft(box, names, topic);
    return middle === null
      ? []
      : [
          {
            image: { ...image, path, imageHash, width, height, originalHash, warnings, detail },
            labels: [],
            boxes: null,
            middle,
          },
        ];
  });
  // Two boxes may be one.
  return [...new Map(cut.flat().map((crop) => [crop.image.imageHash, crop])).values()];
}

const isClear = ({ left, top, right, bottom, hard }: Box): boolean =>
  !hard && Math.min(right - left, bottom - top) >= leastSide;

/** Those of the classes that were cut out least. */
function rarest(boxes: readonly Box[], count: number, used: Map<string, number>): Box[] {
  const open = [...boxes];
  const found: Box[] = [];
  while (found.length < count && open.length > 0) {
    const least = Math.min(...open.map(({ name }) => used.get(name) ?? 0));
    const at = open.findIndex(({ name }) => (used.get(name) ?? 0) === least);
    for (const box of open.splice(at, 1)) {
      found.push(box);
      used.set(box.name, least + 1);
    }
  }
  return found;
}

function regionOf({ left, top, right, bottom }: Box, { width, height }: KnownImage['image']) {
  const more = margin * Math.max(right - left, bottom - top);
  const [x, y] = [Math.max(0, Math.floor(left - more)), Math.max(0, Math.floor(top - more))];
  const [endX, endY] = [Math.min(width ?? 0, Math.ceil(right + more)), Math.min(height ?? 0, Math.ceil(bottom + more))];
  return { left: x, top: y, width: endX - x, height: endY - y };
}

function middleDraft(box: Box, names: ReadonlyMap<string, ClassName>, topic: Topic): Draft | null {
  const name = names.get(box.name);
  if (name === undefined) return null;
  const others = (): string[] => [...names.values()].flatMap(({ key, one }) => (key === box.name ? [] : [one]));
  return {
    ask: 'middle',
    kind: topic.kind,
    questionType: questionTypeOfKind[topic.kind],
    name: null,
    about: topic.name,
    answer: name.one,
    options: { how: 'some', others },
    basis: `${box.called}: box of ${box.name}`,
  };
}
