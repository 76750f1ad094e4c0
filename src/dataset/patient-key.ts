/** When two patients are one: tables of several hands write the same name or number in other case, width or spacing. */

/** What patients are compared by; never stored. Two taken for one cost a few images, one taken for two leaks. */
export const patientKey = (patient: string): string =>
  patient
    .normalize('NFKC')
    .trim()
    .replaceAll(/[\s^_]+/gu, ' ')
    .toLowerCase();
