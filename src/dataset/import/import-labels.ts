/** Classes and boxes -> dataset folder: images taken, trusted questions made of what is said of them, each with the label it stands on. */
import { basename, resolve } from 'node:path';
import { medgr2 } from '../../called-as.js';
import { ConfigError, DataError } from '../../errors.js';
import { sha256 } from '../../hash.js';
import type { Sample } from '../../sample.js';
import { writeDataset, type Rejection } from '../folders/dataset-folder.js';
import { classNames, type ClassName, type GivenNames } from '../labels/class-names.js';
import { cropsOf } from '../labels/crops.js';
import { knownImages, type KnownImage } from '../labels/known-images.js';
import { askAbout, classKinds, type Asked } from '../drafts/label-questions.js';
import { questionTypeOfKind, type LabelKind, type LabelSet, type Topic } from '../labels/label-set.js';
import { templates } from '../drafts/question-templates.js';
import type { Ask } from '../drafts/question-wording.js';
import type { MaskFrames } from '../labels/masks.js';
import { readers } from '../labels/read-labels.js';
import { mapBeside, takeTexts, textsOf } from '../context/import-texts.js';
import { maskTexts, withTexts } from '../context/mask-texts.js';
import { withHashes } from '../near-duplicates/stored-hashes.js';
import { hiddenPatients, unmistakable } from '../patients/hidden-patients.js';
import { projectKey, type PseudonymKey } from '../patients/pseudonym-key.js';
import { openImageStore } from '../pictures/image-store.js';
import { toSample } from './accept-row.js';
import type { WindowChoice } from './import-clinical.js';
import type { LabelFormat } from './import-formats.js';
import { mapInOrder, withFolderBeside, withNewFolder } from './import-helpers.js';
import { importNotes } from './import-notes.js';
import {
  countBy,
  inOrder,
  infoOf,
  keyNotes,
  refuseRejected,
  type ImportOptions,
  type ImportReport,
} from './import-report.js';

/** What makes questions of labels, beside what every import takes. */
export interface LabelImportOptions extends ImportOptions {
  /** What classes are names of, where labels do not say (default `disease`). */
  kind?: LabelKind;
  /** Columns of labels: `COLUMN` or `COLUMN=KIND`. */
  labels?: readonly string[];
  /** What people call a class. */
  names?: GivenNames;
  /** Which folder is the class: `first` (default), `last` or a pattern. */
  classFrom?: string | null;
  /** Questions about one image, at most (default 3). */
  perImage?: number;
  /** Pictures of single boxes, so many of an image at most (default 0). */
  crops?: number;
  /** Of label maps that are volumes: which slices (default `largest`: the one with most voxels of any class). */
  frames?: MaskFrames;
  /** Of such volumes: [center, width] of the pictures' window, else the volume's own range. */
  window?: WindowChoice;
  /** What is asked; all that can be when left out. */
  asks?: readonly Ask[] | null;
  /** Of the choice of wrong options and crops. */
  seed?: number;
}

/**
 * Makes trusted questions of class labels, boxes or masks in a new dataset folder: `medgr2 import classes`, `boxes`, `masks`.
 * @throws DataError as `importQuestions` (`import-empty`, …), `classes-one` where there is a single class, `class-patient` where a class
 * seems to be a patient; ConfigError `crops-without-images`, `pictures-made` for options that do not go together.
 */
export async function importLabels(format: LabelFormat, options: LabelImportOptions): Promise<ImportReport> {
  const dir = resolve(options.out);
  const { path, labels = [], classFrom = null, patientFrom = 'none', imageRoot = null, encoding = null } = options;
  let known = options.key;
  const key = (): PseudonymKey => (known ??= projectKey());
  if ((options.crops ?? 0) > 0 && options.images === 'none')
    throw new ConfigError('crops-without-images', 'crops are cut from the images, and --images none leaves them out', {
      remedy: 'Leave out --crops, or --images.',
    });
  return withFolderBeside(dir, async (work) => {
    // Before the new folder, which may lie inside.
    const set = await readers[format]({
      path,
      kind: options.kind ?? 'disease',
      labels,
      map: mapBeside(options),
      classFrom,
      patientFrom,
      imageRoot,
      encoding,
      runJob: options.runJob,
      key,
      work,
      ...(options.frames === undefined ? {} : { frames: options.frames }),
      ...(options.window === undefined ? {} : { window: options.window }),
    });
    if (set.made === true && options.images !== undefined && options.images !== 'copy')
      throw new ConfigError('pictures-made', `pictures are made of the volumes of ${path}, and are nowhere else`, {
        remedy: 'Leave out --images.',
      });
    return withNewFolder(dir, options.force === true, () => importInto(dir, format, { set, key }, options));
  });
}

async function importInto(
  dir: string,
  format: LabelFormat,
  { set, key: keyOf }: { set: LabelSet; key: () => PseudonymKey },
  options: LabelImportOptions,
): Promise<ImportReport> {
  const { path, modality = null, images: mode = 'copy', strict = false, shape = 'reject', kind = 'disease' } = options;
  const { perImage = 3, crops = 0, asks = null, seed = 0, names: given = {} } = options;
  const said = await textsOf(options);
  const identities = [...set.identities, ...(said?.identities ?? [])];
  const key = identities.length > 0 ? keyOf() : null;
  const hidden = hiddenPatients(identities, key, 'parts');
  const inText = hiddenPatients(identities.filter(unmistakable), key);
  const rejected: Rejection[] = [...set.rejected];
  const told = (): Rejection[] => inOrder(rejected.map(hidden.rejection));
  const store = openImageStore({ dir, mode, roots: set.roots, shape, hidden });
  const taken = await mapInOrder(set.images, ({ image }) => store.take(image), options.onProgress);
  const topic: Topic = { name: '', kind };
  const pseudonym = (patient: string): string | null => key?.pseudonym(patient) ?? null;
  const known = knownImages({ images: set.images, taken, topic, modality, pseudonym, rejected });
  if (strict) refuseRejected(told(), path);
  const kinds = classKinds(known, set.classes, kind);
  if (kinds.size === 0) throw nothingToAsk(path, set, known, new Map(), told());
  const own = Object.entries(set.names ?? {}).filter(([name]) => kinds.has(name));
  const names = classNames(kinds, { ...Object.fromEntries(own), ...given });
  refusePatients(names, inText.named, path);
  const cut = crops === 0 ? [] : await cropsOf(known, { dir, perImage: crops, names, topic, seed, rejected });
  // Crops are of the patient of their picture; where nobody knows one, the picture stands for it.
  const together = cut.length > 0 ? known.map(asPatient) : known;
  const asked = askAbout([...together, ...cut.map(asPatient)], { names, perImage, seed, asks });
  const samples = samplesOf(asked, format, hidden.in(basename(path)));
  if (strict) refuseRejected(told(), path);
  if (samples.length === 0) throw nothingToAsk(path, set, known, names, told());
  const used = new Set(samples.map(({ imageHash }) => imageHash));
  // An image that nothing is asked about may still be looked at: all but crops stay.
  const kept = [...together, ...cut.map(asPatient).filter(({ image }) => used.has(image.imageHash))].map(
    ({ image }) => image,
  );
  const about = takeTexts(
    said,
    taken.flatMap((one, index) =>
      'code' in one ? [] : [{ name: set.images[index]?.image ?? '', imageHash: one.imageHash }],
    ),
    options,
  );
  const masked = await maskTexts(about.texts, { dir, identities, runJob: options.runJob });
  const described = withTexts(kept, masked);
  const images = mode === 'none' ? described : await withHashes(described);
  const guessed =
    options.kind === undefined && samples.some(({ questionType }) => questionType === questionTypeOfKind.disease);
  const notes = [
    ...(guessed ? ['classes are taken for diseases (--kind anatomy, grade or attribute)'] : []),
    ...set.notes,
    ...asked.notes,
    ...importNotes({ samples, images, ...(set.columns === undefined ? {} : { columns: set.columns }) }),
    ...about.notes,
    ...masked.notes,
    ...keyNotes(key),
  ];
  const rows = set.images.length + set.rejected.length;
  const written = { samples, images, rejected: told() };
  const info = infoOf(format, { ...options, path: hidden.in(path) }, { ...written, rows, notes });
  info['labels'] = {
    kind,
    seed,
    perImage,
    crops,
    asked: countBy(
      asked.images.flatMap(({ questions }) => questions),
      ({ ask }) => ask,
    ),
    classes: Object.fromEntries(
      [...names.values()].map(({ key: name, one }) => [name, { name: one, images: imagesOf(known, name) }]),
    ),
    templates: sha256(JSON.stringify(templates)).slice(0, 12),
  };
  if (set.columns !== undefined) info['columns'] = set.columns;
  if (key !== null) info['pseudonymKey'] = key.id;
  await writeDataset(dir, { ...written, info });
  return { info, notes, rejected: written.rejected };
}

const imagesOf = (known: readonly KnownImage[], name: string): number =>
  known.filter(({ labels }) => labels.some(({ present }) => present.includes(name))).length;

function asPatient<T extends KnownImage>(known: T): T {
  const { image } = known;
  const [, parent = image.imageHash.slice(0, 24)] = / of ([0-9a-f]{24})$/.exec(image.detail ?? '') ?? [];
  return { ...known, image: { ...image, patient: image.patient ?? `picture ${parent}` } };
}

function samplesOf({ images }: Asked, format: LabelFormat, model: string): Sample[] {
  return images.flatMap(({ known: { image }, questions }) =>
    questions.map(({ basis, ...asked }, index): Sample => {
      const id = `${format}-${image.imageHash.replace(/^name:/, '').slice(0, 16)}-${index + 1}`;
      const sample = toSample({ ...asked, modality: image.modality }, image, { id, model });
      return { ...sample, provenance: { ...sample.provenance, basis } };
    }),
  );
}

/** Models would learn it. */
function refusePatients(
  names: ReadonlyMap<string, ClassName>,
  isPatient: (text: string) => boolean,
  path: string,
): void {
  const count = [...names.values()].filter(({ key, one, many }) => [key, one, many].some(isPatient)).length;
  if (count === 0) return;
  throw new DataError('class-patient', `${count} of the ${names.size} classes of ${path} name patients`, {
    where: path,
    remedy: 'Rename them, or say which folder or column is the class: --class-from, --labels.',
  });
}

function nothingToAsk(
  path: string,
  set: LabelSet,
  known: readonly KnownImage[],
  names: ReadonlyMap<string, ClassName>,
  rejected: readonly Rejection[],
): DataError {
  const [only, ...others] = names.values();
  const [first] = rejected;
  const left =
    first === undefined
      ? ''
      : ` Of ${rejected.length} that were left out, the first: ${first.file}${first.line === null ? '' : `:${first.line}`} ${first.reason}.`;
  if (known.length > 0 && only !== undefined && others.length === 0)
    return new DataError(
      'classes-one',
      `all ${known.length} images of ${path} are of one class, ${only.key}: every question would have the same answer`,
      {
        where: path,
        remedy: `Give its sibling classes as well, healthy images for example; or the images alone: \`${medgr2} import images\`.${left} Nothing was written.`,
      },
    );
  const images = set.columns === undefined ? '--image-root FOLDER' : '--map image=COLUMN, --image-root FOLDER';
  const say = first?.code === 'image-missing' ? ` Say where the images are: ${images}.` : '';
  return new DataError('import-empty', `no question can be asked about the images of ${path}`, {
    where: path,
    remedy: `${left === '' ? 'Their labels are all alike.' : left.trim()}${say} Nothing was written.`,
  });
}
