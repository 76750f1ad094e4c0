/** Boxes of COCO: images, categories and annotations in one JSON file. Judges no box. */
import { basename, dirname, resolve } from 'node:path';
import { z } from 'zod';
import { DataError, messageOf } from '../../errors.js';
import { columnsOf } from '../import-rows/row-columns.js';
import { patientInPath, type PatientFrom } from '../patients/patient-path.js';
import { namesIn, patientsOf } from '../patients/unnamed-patients.js';
import { readTextFile } from '../tables/text-file.js';
import type { Box, LabelSet, LabelledImage } from './label-set.js';
import { placesAround } from './voc.js';

/** One file may write an id as a number here and as text there. */
const id = z.union([z.int(), z.string()]).transform(String);
const cocoSchema = z.looseObject({
  images: z.array(
    z.looseObject({ id, file_name: z.string().min(1), width: z.number().optional(), height: z.number().optional() }),
  ),
  categories: z.array(z.looseObject({ id, name: z.string().min(1) })),
  annotations: z.array(
    z.looseObject({ image_id: id, category_id: id, bbox: z.unknown().optional(), iscrowd: z.unknown().optional() }),
  ),
});
const boxSchema = z.tuple([z.number(), z.number(), z.number(), z.number()]);

export interface CocoOptions {
  /** Absolute. */
  file: string;
  imageRoot: string | null;
  patientFrom: PatientFrom;
}

export async function readCoco({ file, imageRoot, patientFrom }: CocoOptions): Promise<LabelSet> {
  const { images: pictures, categories, annotations } = await parsed(file);
  const name = basename(file);
  const rows = pictures.map((fields, index) => ({ where: `${file} image ${index + 1}`, line: index + 1, fields }));
  const columns = columnsOf(rows, {});
  const identities = rows.map((row) => columns.identitiesIn(row));
  const patients = patientsOf(identities);
  const inPath = patientInPath(patientFrom);
  const classes = new Map(categories.map((category) => [category.id, category.name.trim()]));
  const known = new Set(pictures.map((picture) => picture.id));
  const rejected: LabelSet['rejected'] = [];
  const boxes = new Map<unknown, Box[]>();
  const lost = new Map<unknown, Set<string>>();
  for (const [index, { image_id, category_id, bbox, iscrowd, ...rest }] of annotations.entries()) {
    const called = `annotation ${typeof rest['id'] === 'number' || typeof rest['id'] === 'string' ? rest['id'] : `number ${index + 1}`}`;
    const reject = (code: string, reason: string): unknown =>
      rejected.push({ file: name, line: null, code, reason: `${called} ${reason}` });
    const of = classes.get(category_id);
    if (!known.has(image_id)) reject('image-unknown', `is of image ${image_id}, which the file does not list`);
    else if (of === undefined)
      reject('category-unknown', `is of category ${category_id}, which the file does not list`);
    else {
      const box = boxSchema.safeParse(bbox).data;
      if (box === undefined) {
        reject('box-unread', `(${of}) has no box of four numbers`);
        lost.set(image_id, (lost.get(image_id) ?? new Set()).add(of));
        continue;
      }
      const [left, top, width, height] = box;
      // A crowd is an unknown number in one box.
      const hard = iscrowd === 1 || iscrowd === '1' || iscrowd === true;
      const read = { name: of, left, top, right: left + width, bottom: top + height, line: null, called, hard };
      boxes.set(image_id, [...(boxes.get(image_id) ?? []), read]);
    }
  }
  const images = pictures.map((picture, index): LabelledImage => {
    const { width = 0, height = 0, file_name: image } = picture;
    const own = boxes.get(picture.id) ?? [];
    const size = width > 0 && height > 0 ? { width, height } : null;
    const patient = patients[index] ?? inPath(image);
    const boxLabels = { size, boxes: own, lost: lost.get(picture.id) ?? new Set<string>() };
    return { file: name, line: null, image, patient, modality: null, labels: [], boxes: boxLabels };
  });
  const named = identities.flatMap(({ patients: some, studies }) => namesIn([...some, ...studies]));
  return {
    images,
    classes: [...classes.values()],
    rejected,
    roots: imageRoot === null ? placesAround([dirname(file)]) : [resolve(imageRoot)],
    identities: [...new Set([...named, ...images.flatMap(({ patient }) => patient ?? [])])],
    notes: [],
  };
}

async function parsed(file: string): Promise<z.output<typeof cocoSchema>> {
  const { text } = await readTextFile(file);
  const refuse = (problem: string, cause?: unknown): DataError =>
    new DataError('boxes-unread', `${file} ${problem}`, {
      cause,
      where: file,
      remedy:
        'Give a JSON file of COCO with images, categories and annotations, or a folder of XML files of Pascal VOC.',
    });
  let json: unknown;
  try {
    json = text.trim() === '' ? null : JSON.parse(text);
  } catch (cause) {
    throw refuse(`is no JSON: ${messageOf(cause)}`, cause);
  }
  if (json === null) throw refuse('is empty');
  const result = cocoSchema.safeParse(json);
  if (result.success) return result.data;
  const issues = result.error.issues.slice(0, 3).map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw refuse(`is not as COCO has it: ${issues.join('; ')}`);
}
