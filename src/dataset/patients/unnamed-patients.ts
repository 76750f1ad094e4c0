/**
 * Who is a patient: what de-identified data write in place of a number names nobody, and would make one patient of all. The
 * study stands in there: better one patient too many than two thought to be one.
 */

import { patientKey } from './patient-key.js';

/** The same words as `medgr2.clinical.patients` in Python; both languages read `test/golden/no-patients.json`. */
const nobody =
  /^(?:anon(?:ym(?:ous|i[sz]ed)?)?|unknown|unk|unspecified|undefined|none|null|nil|nan|n\/?a|n\.a\.|not available|not known|missing|empty|blank|no ?name|nobody|de-?identified|removed|redacted|deleted|hidden|private|confidential|patient|pat|subject|id|test|x+|0+|-+|_+|\*+|\?+|\.+|#+)$/i;

/** What an image is marked with that rows or files give to more than one patient. */
export const secondPatient = 'the image is under more than one patient';

/** Null for no text, and for what stands where a patient's number was taken out. */
export function patientOrNull(text: string | null): string | null {
  const name =
    text
      ?.trim()
      .replaceAll(/[\s^_]+/g, ' ')
      .trim() ?? '';
  return name === '' || nobody.test(name) ? null : (text?.trim() ?? null);
}

export interface Identities {
  patients: readonly unknown[];
  studies: readonly unknown[];
}

/** As they are written, what stands for nobody left out. */
export const namesIn = (values: readonly unknown[]): string[] =>
  values.flatMap((value) =>
    typeof value === 'string' || typeof value === 'number' ? (patientOrNull(String(value)) ?? []) : [],
  );

/**
 * The patient of each row; where it has none, that of the rows of its study, else the study. A row that has only the name of
 * a patient whose number stands in another is that patient's, too.
 */
export function patientsOf(rows: readonly Identities[]): (string | null)[] {
  const isNumber =
    (number: string) =>
    (value: unknown): boolean =>
      (typeof value === 'string' || typeof value === 'number') && String(value).trim() === number;
  // Where there is a patient 1, 0 is the first of them.
  const fromZero = rows.some(({ patients }) => patients.some(isNumber('1')));
  const named = rows.map(({ patients, studies }) => [
    ...patients.flatMap((value) => (fromZero && isNumber('0')(value) ? '0' : namesIn([value]))),
    ...namesIn(studies).map((study) => `study ${study}`),
  ]);
  // Name -> the only patient it stands beside; null where there are several.
  const beside = new Map<string, string | null>();
  for (const [first, ...others] of named) {
    if (first === undefined) continue;
    for (const key of new Set(others.map(patientKey))) {
      const known = beside.get(key);
      const same = known === undefined || (known !== null && patientKey(known) === patientKey(first));
      beside.set(key, same ? (known ?? first) : null);
    }
  }
  return named.map(([first]) => (first === undefined ? null : (beside.get(patientKey(first)) ?? first)));
}
