/** Names in the order of the papers' tables. */
import { expect, test } from 'vitest';
import { inTableOrder } from '../src/sample.js';

test("names come in the tables' order, each once, and what the tables do not have last", () => {
  expect(inTableOrder(['OCT', 'zebra', 'MRI', 'endoscopy', 'OCT', 'CT', 'unknown'])).toEqual([
    'CT',
    'MRI',
    'OCT',
    'unknown',
    'endoscopy',
    'zebra',
  ]);
  expect(inTableOrder(['disease diagnosis', 'modality recognition'])).toEqual([
    'modality recognition',
    'disease diagnosis',
  ]);
});
