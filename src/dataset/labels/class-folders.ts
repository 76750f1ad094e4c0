/** A folder of images in which a folder is a class. */
import { resolve } from 'node:path';
import { medgr2 } from '../../called-as.js';
import { ConfigError, DataError } from '../../errors.js';
import { patientInPath, wordInPath, type PatientFrom } from '../patients/patient-path.js';
import { leftNotes, listImages, noImages } from '../pictures/image-folder.js';
import { isDoubt } from './class-names.js';
import type { LabelKind, LabelSet, LabelledImage, Topic } from './label-set.js';

export interface ClassFoldersOptions {
  path: string;
  kind: LabelKind;
  /** `first` or `last` folder above the image, or a pattern with `{class}`. */
  classFrom: string;
  patientFrom: PatientFrom;
}

/** Parts of a set that was split already: their names are no classes. */
const parts = /^(?:train(?:ing)?|tests?|testing|val(?:id(?:ation)?)?|dev)(?:[_ -]?(?:set|data|images?))?$/i;

export function isClassFrom(text: string): boolean {
  return text === 'first' || text === 'last' || text.includes('{class}');
}

export async function readClassFolders({ path, kind, classFrom, patientFrom }: ClassFoldersOptions): Promise<LabelSet> {
  const root = resolve(path);
  const { names, left } = await listImages(root);
  if (names.length === 0) throw noImages(path, left);
  const classOf = classInPath(classFrom);
  const inPath = patientInPath(patientFrom);
  const topic: Topic = { name: '', kind };
  const rejected = left.flatMap(({ name, why, picture }) =>
    picture ? [{ file: name, line: null, code: 'image-kind', reason: why }] : [],
  );
  const images: LabelledImage[] = [];
  for (const name of names) {
    const found = classOf(name);
    if (found === null) {
      const reason = name.includes('/') ? 'has no class in its path' : 'is in no folder of a class';
      rejected.push({ file: name, line: null, code: 'class-missing', reason });
      continue;
    }
    if (isDoubt(found)) {
      rejected.push({ file: name, line: null, code: 'class-missing', reason: `is of "${found}", which says nothing` });
      continue;
    }
    const patient = inPath(name);
    if (patient !== null && patient === found)
      throw new ConfigError('class-patient', `in ${name}, "${found}" is both the class and the patient`, {
        where: path,
        remedy: "Say which folder is which: --class-from '{class}/*' --patient-from '*/{patient}/*'.",
      });
    const labels = [{ topic, present: [found], absent: null }];
    images.push({ file: name, line: null, image: name, patient, modality: null, labels, boxes: null });
  }
  const classes = [...new Set(images.flatMap(({ labels }) => labels[0]?.present ?? []))];
  refuseParts(classes, path);
  if (images.length === 0)
    throw new DataError('classes-missing', `none of the ${names.length} images of ${path} is in a folder of a class`, {
      where: path,
      remedy:
        "Give a folder whose folders are classes, or a table of labels; or say where the class is: --class-from '*/{class}/*'.",
    });
  const notes = [...leftNotes(left), ...deepNotes(images, classFrom)];
  return {
    images,
    classes,
    rejected,
    roots: [root],
    identities: images.flatMap(({ patient }) => patient ?? []),
    notes,
  };
}

function classInPath(from: string): (name: string) => string | null {
  if (from === 'first') return (name) => /^([^/]+)\/./.exec(name)?.[1] ?? null;
  if (from === 'last') return (name) => name.split('/').at(-2) ?? null;
  return wordInPath(from, 'class');
}

function refuseParts(classes: readonly string[], path: string): void {
  if (classes.length === 0 || !classes.every((name) => parts.test(name))) return;
  throw new DataError(
    'classes-parts',
    `the folders of ${path} are ${classes.join(', ')}: parts of a set, not classes`,
    {
      where: path,
      remedy: `Say that classes are within them: --class-from '*/{class}/*'; \`${medgr2} split\` parts by patient and image.`,
    },
  );
}

function deepNotes(images: readonly LabelledImage[], from: string): string[] {
  const deep = images.filter(({ image }) => image.split('/').length > 2).length;
  if (deep === 0 || from !== 'first') return [];
  return [`${deep} of ${images.length} images are in folders within their class's (--class-from says another place)`];
}
