/** Labelled images whose pictures were taken: one of each picture, with what is said of it; contradictions are left out. */
import { modalitySchema, type Modality } from '../../sample.js';
import type { DatasetImage, Rejection } from '../folders/dataset-folder.js';
import { secondPatient } from '../patients/unnamed-patients.js';
import type { ImageProblem, StoredImage } from '../pictures/image-store.js';
import { modalityNamed } from '../sources/omnimedvqa-names.js';
import { boxesWithin, presenceOf } from './box-rules.js';
import type { BoxLabels, LabelledImage, Topic, TopicLabels } from './label-set.js';

export interface KnownImage {
  image: DatasetImage;
  labels: readonly TopicLabels[];
  boxes: BoxLabels | null;
}

export interface Taking {
  images: readonly LabelledImage[];
  /** Of each of them. */
  taken: readonly (StoredImage | ImageProblem)[];
  /** Of the classes of boxes. */
  topic: Topic;
  /** Of images that do not say. */
  modality: string | null;
  pseudonym: (patient: string) => string | null;
  rejected: Rejection[];
}

export function knownImages({ images, taken, topic, modality, pseudonym, rejected }: Taking): KnownImage[] {
  const found = images.flatMap((labelled, index) => {
    const stored = taken[index];
    if (stored === undefined) return [];
    const problem = 'code' in stored ? stored : sizeProblem(labelled, stored);
    if (problem === null && !('code' in stored)) return [{ labelled, stored }];
    if (problem !== null) rejected.push({ file: labelled.file, line: labelled.line, ...problem });
    return [];
  });
  const known: KnownImage[] = [];
  for (const same of Map.groupBy(found, ({ stored }) => stored.imageHash).values()) {
    const [first, ...others] = same;
    if (first === undefined) continue;
    const other = others.find(({ labelled }) => saysOf(labelled) !== saysOf(first.labelled));
    if (other !== undefined) {
      for (const { labelled } of same)
        rejected.push(contradiction(labelled, labelled === first.labelled ? other.labelled : first.labelled));
      continue;
    }
    for (const { labelled } of others)
      rejected.push({
        ...at(labelled),
        code: 'image-repeated',
        reason: `has the same pixels and labels as ${first.labelled.image}`,
      });
    const patients = [...new Set(same.flatMap(({ labelled }) => labelled.patient ?? []))];
    const { path, imageHash, warnings, width, height, originalHash } = first.stored;
    const { detail = null, warnings: told = [] } = first.labelled.known ?? {};
    const noted = [...new Set([...warnings, ...told])];
    const image: DatasetImage = {
      path,
      imageHash,
      modality: modalityOf(first.labelled.modality ?? modality),
      patient: patients[0] === undefined ? null : pseudonym(patients[0]),
      deidentified: null,
      warnings: patients.length > 1 ? [...noted, secondPatient] : noted,
      width,
      height,
      detail,
      originalHash,
    };
    const size = width === null || height === null ? null : { width, height };
    const boxes = boxesWithin(first.labelled, size, rejected);
    known.push({ image, labels: boxes === null ? first.labelled.labels : [presenceOf(topic, boxes)], boxes });
  }
  // The order of files makes no difference to what is asked.
  return known.toSorted((a, b) => (a.image.imageHash < b.image.imageHash ? -1 : 1));
}

const at = ({ file, line }: LabelledImage): Pick<Rejection, 'file' | 'line'> => ({ file, line });

function contradiction(labelled: LabelledImage, other: LabelledImage): Rejection {
  const [own, theirs] = [classesOf(labelled), classesOf(other)];
  const reason =
    own === theirs
      ? `has the same pixels as ${other.image}, of which other things are said`
      : `is ${own} here and ${theirs} in ${other.image}, which has the same pixels`;
  return { ...at(labelled), code: 'labels-contradict', reason };
}

const classesOf = ({ labels }: LabelledImage): string =>
  labels.flatMap(({ present }) => present).join(', ') || 'of no class';

/** What is said, in a form that can be compared. */
function saysOf({ labels, boxes }: LabelledImage): string {
  const classes = labels.map(({ topic, present, absent }) => [
    topic.name,
    [...present].sort(),
    [...(absent ?? [])].sort(),
  ]);
  const drawn = boxes?.boxes
    .map(({ name, left, top, right, bottom }) => [name, left, top, right, bottom].join(' '))
    .sort();
  return JSON.stringify([classes, drawn]);
}

/** Boxes were drawn on the picture as a program without regard for its metadata shows it. */
function sizeProblem(
  { boxes }: LabelledImage,
  { width, height, warnings }: StoredImage,
): Pick<Rejection, 'code' | 'reason'> | null {
  if (boxes === null || width === null || height === null) return null;
  const turned = warnings.find((warning) => /^(?:turned upright|padded with)/.test(warning));
  if (turned !== undefined)
    return {
      code: turned.startsWith('turned') ? 'image-turned' : 'image-padded',
      reason: `its picture was ${turned}: its boxes would be in wrong places`,
    };
  if (boxes.size === null || (boxes.size.width === width && boxes.size.height === height)) return null;
  const { width: w, height: h } = boxes.size;
  return {
    code: 'image-other-size',
    reason: `its boxes are drawn on ${w} × ${h} pixels, and its picture has ${width} × ${height}`,
  };
}

const modalityOf = (written: string | null): Modality =>
  modalitySchema.safeParse(written === null ? null : modalityNamed(written)).data ?? 'unknown';
