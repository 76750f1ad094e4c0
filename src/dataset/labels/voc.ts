/** Boxes of Pascal VOC: an XML file an image. Read with its lines; judges no box. */
import { existsSync } from 'node:fs';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import sax from 'sax';
import { messageOf } from '../../errors.js';
import { mapInOrder } from '../import/import-helpers.js';
import { patientInPath, type PatientFrom } from '../patients/patient-path.js';
import { readTextFile } from '../tables/text-file.js';
import type { Rejection } from '../folders/dataset-folder.js';
import type { Box, LabelSet, LabelledImage } from './label-set.js';

const nameless = '';

export interface VocOptions {
  /** Above all the files. */
  root: string;
  /** Absolute. */
  files: readonly string[];
  imageRoot: string | null;
  patientFrom: PatientFrom;
}

export async function readVoc({ root, files, imageRoot, patientFrom }: VocOptions): Promise<LabelSet> {
  const inPath = patientInPath(patientFrom);
  const rejected: Rejection[] = [];
  const folders = [...new Set(files.map((path) => dirname(path)))];
  const roots = imageRoot === null ? placesAround([...folders, root]) : [resolve(imageRoot)];
  const read = await mapInOrder(files, async (path): Promise<LabelledImage[]> => {
    const file = relative(root, path) || basename(path);
    const found = await readAnnotation(path);
    if ('reason' in found) {
      rejected.push({ file, code: 'annotation-unread', ...found });
      return [];
    }
    const { name, size, objects } = found;
    const image = pictureOf(name, path, { root, roots, apart: imageRoot === null && folders.length > 1 });
    const boxes: Box[] = [];
    const lost = new Set<string>();
    for (const object of objects) {
      const box = boxOf(object);
      if (!('reason' in box)) boxes.push(box);
      else {
        rejected.push({ file, line: object.line, code: 'box-unread', reason: `${object.called} ${box.reason}` });
        lost.add(object.name ?? nameless);
      }
    }
    return [
      { file, line: null, image, patient: inPath(image), modality: null, labels: [], boxes: { size, boxes, lost } },
    ];
  });
  // What has a box and no name may be of any class.
  const classes = read.flatMap((found) => found.flatMap(({ boxes }) => boxes?.boxes.map(({ name }) => name) ?? []));
  const images = read.flat().map((one) => {
    if (one.boxes?.lost.has(nameless) !== true) return one;
    return { ...one, boxes: { ...one.boxes, lost: new Set([...one.boxes.lost, ...classes]) } };
  });
  return {
    images,
    classes: [],
    rejected,
    roots,
    identities: images.flatMap(({ patient }) => patient ?? []),
    notes: [],
  };
}

/** As the file says, without its ending where that is not there: pictures get converted. The annotation's own name where it says none. */
function pictureOf(
  said: string | null,
  path: string,
  { root, roots, apart }: { root: string; roots: readonly string[]; apart: boolean },
): string {
  // Parts of a set may use the same names: the picture nearest to its annotation is meant.
  const beside = apart && said !== null ? placesAround([dirname(path)]).map((place) => join(place, said)) : [];
  const nearest = beside.find((place) => existsSync(place));
  if (nearest !== undefined) return relative(root, nearest);
  if (said === null) return basename(path, extname(path));
  return roots.some((place) => existsSync(join(place, said))) ? said : said.replace(/\.\w+$/, '');
}

/** Where images lie beside their annotations. */
export function placesAround(folders: readonly string[]): string[] {
  const bases = folders.flatMap((folder) => [folder, dirname(folder)]);
  const names = ['', 'images', 'JPEGImages', 'imgs'];
  return [...new Set(bases.flatMap((base) => names.map((name) => join(base, name))))];
}

interface VocObject {
  called: string;
  line: number;
  name: string | null;
  /** Too hard to be counted on, as whoever drew it says. */
  hard: boolean;
  sides: Map<string, number>;
}

interface Annotation {
  name: string | null;
  size: { width: number; height: number } | null;
  objects: VocObject[];
}

async function readAnnotation(path: string): Promise<Annotation | { reason: string; line: number | null }> {
  try {
    const { text } = await readTextFile(path);
    return text.trim() === '' ? { reason: 'is empty', line: null } : parsed(text.replace(/^\ufeff/, ''));
  } catch (error) {
    return { reason: messageOf(error).replace(/^Cannot read \S+: /, 'cannot be read: '), line: null };
  }
}

function parsed(text: string): Annotation | { reason: string; line: number | null } {
  const xml = sax.parser(true, { trim: true });
  const path: string[] = [];
  const objects: VocObject[] = [];
  const values = new Map<string, string>();
  let problem: { reason: string; line: number } | null = null;
  const read = (value: string): void => {
    const place = path.join('/');
    const object = objects.at(-1);
    values.set(place, value.trim());
    if (object === undefined || !place.startsWith('annotation/object/')) return;
    if (place === 'annotation/object/name') object.name = value.trim() || null;
    if (/^annotation\/object\/(?:difficult|ignore)$/.test(place)) object.hard ||= value.trim() === '1';
    const side = /^annotation\/object\/bndbox\/(\w+)$/.exec(place)?.[1];
    if (side !== undefined) object.sides.set(side, Number(value));
  };
  Object.assign(xml, {
    onerror: (error: Error) => {
      problem ??= { reason: `is no XML: ${error.message.split('\n')[0] ?? ''}`, line: xml.line + 1 };
      xml.resume();
    },
    onopentag: ({ name }: { name: string }) => {
      path.push(name);
      if (path.join('/') !== 'annotation/object') return;
      const called = `object ${objects.length + 1}`;
      objects.push({ called, line: xml.line + 1, name: null, hard: false, sides: new Map() });
    },
    onclosetag: () => path.pop(),
    ontext: read,
    oncdata: read,
  });
  xml.write(text).close();
  if (problem !== null) return problem;
  if (!text.includes('<annotation')) return { reason: 'is no annotation of Pascal VOC', line: null };
  const [width, height] = ['width', 'height'].map((side) => Number(values.get(`annotation/size/${side}`) ?? 0));
  const size = width !== undefined && height !== undefined && width > 0 && height > 0 ? { width, height } : null;
  return { name: values.get('annotation/filename') || null, size, objects };
}

function boxOf({ name, sides, line, called, hard }: VocObject): Box | { reason: string } {
  if (name === null) return { reason: 'has no name' };
  const [left, top, right, bottom] = ['xmin', 'ymin', 'xmax', 'ymax'].map((side) => sides.get(side) ?? Number.NaN);
  if (left === undefined || top === undefined || right === undefined || bottom === undefined)
    return { reason: 'has no box' };
  if (![left, top, right, bottom].every(Number.isFinite)) return { reason: `(${name}) has no box of four numbers` };
  return { name, left, top, right, bottom, line, called, hard };
}
