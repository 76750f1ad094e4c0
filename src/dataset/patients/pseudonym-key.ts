/**
 * The key under which patients get their pseudonyms. Kept with the project, so that a patient has one pseudonym in all its
 * imports; whoever has it can try numbers until one fits, so that it is for its owner alone and goes into no dataset.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { ConfigError, DataError, messageOf } from '../../errors.js';
import { sha256 } from '../../hash.js';
import type { Dataset, DatasetInfo } from '../folders/dataset-folder.js';
import { patientKey } from './patient-key.js';

/** Set, it is the key; for keys that are kept elsewhere. */
export const keyVariable = 'MEDGR2_PSEUDONYM_KEY';
const keyFile = join('.medgr2', 'pseudonym-key');

/** The key under which patients have their pseudonyms. */
export interface PseudonymKey {
  pseudonym: (name: string) => string;
  /** Tells keys apart and gives none away. */
  id: string;
  /** Where it is kept; null where the variable holds it. */
  file: string | null;
  /** It was made just now. */
  made: boolean;
}

/**
 * The variable's key; else that of the folder or the nearest one above it; else a new one in the folder.
 * @param from The project: where the command runs.
 */
export function projectKey(from: string = process.cwd(), env: NodeJS.ProcessEnv = process.env): PseudonymKey {
  const given = env[keyVariable] ?? '';
  if (given !== '') return keyed(given, null, false);
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    const file = join(folder, keyFile);
    if (existsSync(file)) return keyed(readKey(file), file, false);
    if (folder === dirname(folder)) break;
  }
  const file = join(resolve(from), keyFile);
  const key = randomBytes(32).toString('hex');
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${key}\n`, { mode: 0o600, flag: 'wx' });
    chmodSync(file, 0o600);
  } catch (cause) {
    // Another import of the same moment was first.
    if (existsSync(file)) return keyed(readKey(file), file, false);
    throw new ConfigError('pseudonym-key', `the key of pseudonyms cannot be kept in ${file}: ${messageOf(cause)}`, {
      cause,
      remedy: `Run the command in a folder of your own, or set ${keyVariable}.`,
    });
  }
  return keyed(key, file, true);
}

function readKey(file: string): string {
  const key = readFileSync(file, 'utf8').trim();
  if (key.length >= 16) return key;
  throw new ConfigError('pseudonym-key', `${file} holds no key of pseudonyms`, {
    remedy: 'Put the right file back; without it the patients of earlier imports cannot be known again.',
  });
}

/**
 * As `medgr2.clinical.patients.pseudonymiser` has it: HMAC-SHA256 of what patients are compared by, 16 hexadecimal digits: a table and a
 * DICOM header that write one number in two ways give one pseudonym.
 */
function keyed(key: string, file: string | null, made: boolean): PseudonymKey {
  const pseudonym = (name: string): string =>
    createHmac('sha256', key).update(patientKey(name)).digest('hex').slice(0, 16);
  // The number is that of the rule: pseudonyms of another rule cannot be compared, either.
  return { pseudonym, id: sha256(`medgr2 pseudonym key 2 ${key}`).slice(0, 12), file, made };
}

/** Under which key a folder's patients have their pseudonyms; null where they are as they were given. */
export function keyOf(info: DatasetInfo): string | null {
  for (let at: unknown = info; typeof at === 'object' && at !== null; at = 'origin' in at ? at.origin : null) {
    if ('pseudonymKey' in at) return at.pseudonymKey === null ? null : String(at.pseudonymKey);
    // Older folders of clinical files: each import had a key of its own.
    const { format, time } = at as Partial<DatasetInfo>;
    if ((format === 'dicom' || format === 'nifti') && time !== undefined) return `unknown, of ${time}`;
  }
  return null;
}

/** A warning where some folders have pseudonyms and others numbers as they were given; null where they can be compared. */
export function patientsApart(folders: readonly Pick<Dataset, 'dir' | 'images' | 'info'>[]): string | null {
  const named = folders.filter(({ images }) => images.some(({ patient }) => patient !== null));
  const [plain, hidden] = [true, false].map((given) => named.find(({ info }) => (keyOf(info) === null) === given));
  if (plain === undefined || hidden === undefined) return null;
  return (
    `patients of ${plain.dir} are as they were given and those of ${hidden.dir} have pseudonyms: they cannot be compared ` +
    '(import the table again: its patients get pseudonyms, too)'
  );
}

/** @throws DataError where patients of two folders cannot be told to be the same. */
export function refuseOtherKeys(folders: readonly Pick<Dataset, 'dir' | 'images' | 'info'>[], remedy: string): void {
  const named = folders.filter(({ images }) => images.some(({ patient }) => patient !== null));
  const [first, ...others] = named
    .map(({ dir, info }) => ({ dir, key: keyOf(info) }))
    .filter(({ key }) => key !== null);
  const other = others.find(({ key }) => key !== first?.key);
  if (first === undefined || other === undefined) return;
  throw new DataError(
    'pseudonym-keys-differ',
    `the patients of ${first.dir} and ${other.dir} have pseudonyms of two keys, so that nobody can tell whether they are the same`,
    { where: other.dir, remedy },
  );
}
