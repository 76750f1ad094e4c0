/** What a person should know of an import before using it: what was left unused or put right, and how patients are known. */
import { formatCount } from '../../format.js';
import type { Sample } from '../../sample.js';
import type { DatasetImage } from '../folders/dataset-folder.js';
import { secondPatient } from '../patients/unnamed-patients.js';
import { countBy } from './import-report.js';

interface Imported {
  samples: readonly Pick<Sample, 'id'>[];
  images: readonly Pick<DatasetImage, 'patient' | 'warnings'>[];
  columns?: { unused: readonly string[]; used: Readonly<Record<string, readonly string[]>> };
  encodings?: readonly string[];
  /** What was put right in rows, one entry each time. */
  mended?: readonly string[];
}

export function importNotes({ images, columns, encodings = [], mended = [] }: Imported): string[] {
  const unused = columns?.unused ?? [];
  return [
    ...encodings.map((encoding) => `read as ${encoding}`),
    ...(unused.length > 0 ? [`columns that were not used: ${unused.join(', ')}`] : []),
    ...Object.entries(countBy(mended, (what) => what)).map(([what, count]) => `${what}: ${count}`),
    ...identityNotes(columns?.used),
    ...warningNotes(images),
    ...patientNotes(images),
  ];
}

/** Of what patients are known: a column of another meaning would part images wrongly. */
function identityNotes({ patient = [], study = [] }: Readonly<Record<string, readonly string[]>> = {}): string[] {
  const of = (names: readonly string[]): string => `${names.length > 1 ? 'columns' : 'column'} ${names.join(', ')}`;
  if (patient.length > 0 && study.length > 0)
    return [`patients are those of the ${of(patient)}, else of the ${of(study)}; pseudonyms are kept`];
  const [names, what] =
    patient.length > 0 ? [patient, 'patients are those of'] : [study, 'what stands for patients is'];
  return names.length === 0 ? [] : [`${what} the ${of(names)}; pseudonyms are kept`];
}

/** Warnings of one kind together: numbers in them differ from image to image. */
function warningNotes(images: Imported['images']): string[] {
  const kinds = new Map<string, { count: number; example: string }>();
  for (const { warnings } of images) {
    for (const warning of warnings) {
      const kind = warning.replaceAll(/-?\d+(?:\.\d+)?(?:e[-+]?\d+)?/g, 'N');
      const known = kinds.get(kind);
      kinds.set(kind, { count: (known?.count ?? 0) + 1, example: known?.example ?? warning });
    }
  }
  return [...kinds.values()].map(({ count, example }) => `${formatCount(count, 'image')}: ${example}`);
}

/** Few patients with nearly all images are most often no patients: a study, or the name of a folder. */
function patientNotes(images: Imported['images']): string[] {
  const known = images.flatMap(({ patient }) => patient ?? []);
  if (images.length === 0) return [];
  if (known.length === 0)
    return [
      'no patient is known: the images of one may come on both sides of a split (a column patient, or --patient-from)',
    ];
  const counts = Object.values(countBy(known, (patient) => patient));
  const bare = images.length - known.length;
  const most = counts[0] ?? 0;
  const few = images.length >= 10 && counts.length > 1 && 2 * most > known.length;
  return [
    ...(bare > 0 ? [`${bare} of ${images.length} images have no patient`] : []),
    ...(counts.length === 1 && known.length > 1
      ? [`all ${known.length} images are of one patient: is it a patient?`]
      : []),
    ...(few ? [`one of ${counts.length} patients has ${most} of ${known.length} images: is it a patient?`] : []),
    ...(images.some(({ warnings }) => warnings.includes(secondPatient))
      ? ['a picture under two patients: they may be one, or a picture may be filed wrongly']
      : []),
  ];
}
