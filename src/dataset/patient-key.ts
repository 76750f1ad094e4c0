/** When two patients are one: tables and headers of several hands write the same name or number in other case, width or spacing, or lose zeros. */

/**
 * What patients are compared by and pseudonyms are made of; never stored. Two taken for one cost a few images, one taken for two
 * leaks. As `medgr2.patients.patient_key` has it; both languages read `test/golden/patient-keys.json`.
 */
export const patientKey = (patient: string): string =>
  patient
    .normalize('NFKC')
    .replaceAll(/[\s\p{Cc}\ufeff^_]+/gu, '_')
    .replaceAll(/^_|_$/g, '')
    // BIDS names its folders so.
    .replace(/^sub[-_](?=.)/i, '')
    // Spreadsheets take a number's leading zeros off, and write 17 as 17.0 where some rows have none.
    .replace(/^0*(\d+?)(?:\.0+)?$/, '$1')
    .toUpperCase();
