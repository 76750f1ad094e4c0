/**
 * Who is a patient: what de-identified data write in place of a number names nobody, and would make one patient of all. The
 * study stands in there: better one patient too many than two thought to be one.
 */

/** The same words as `medgr2.patients` in Python; both languages read `test/golden/no-patients.json`. */
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

export function patientNamed({ patient, study }: { patient: string | null; study: string | null }): string | null {
  const known = patientOrNull(patient);
  if (known !== null) return known;
  const stands = patientOrNull(study);
  return stands === null ? null : `study ${stands}`;
}
