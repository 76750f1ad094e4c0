/** An expert's answer in a table: read right, or rejected with its reason; never another. */
import { describe, expect, it } from 'vitest';
import { readLabel } from '../../src/reward/reading/read-label.js';

const findings = ['effusion', 'nodule', 'fracture'];
const sizes = ['1 cm', '2 cm', '1.5 cm', '5 cm'];
const counts = ['10', '10000', '100'];

describe('reads', () => {
  it.each([
    ['B', findings, 'nodule'],
    ['nodules', findings, 'nodule'],
    ['C) fracture', findings, 'fracture'],
    ['1,5 cm', sizes, '1.5 cm'],
    ['15 mm', sizes, '1.5 cm'],
    ['10,000', counts, '10000'],
    ["10'000", counts, '10000'],
    ['10 000', counts, '10000'],
    ['No fracture is seen', ['Yes', 'No'], 'No'],
    ['Grade III', ['Grade 1', 'Grade 2', 'Grade 3'], 'Grade 3'],
    ['Yes, a small one', ['Yes', 'No'], 'Yes'],
  ])('%s', (text, options, answer) => {
    expect(readLabel(text, options)).toEqual({ answer });
  });
});

describe('rejects', () => {
  it.each([
    ['A, B, C', findings, 'several of its options: effusion, nodule, fracture'],
    ['A,B', findings, 'several of its options: effusion, nodule'],
    ['effusion; nodule', findings, 'several'],
    ['["effusion","nodule"]', findings, 'several'],
    ['effusion + nodule', findings, 'several'],
    ['less than 2 cm', sizes, 'is a bound'],
    ['≥ 2 cm', sizes, 'is a bound'],
    ['2 cm or more', sizes, 'is a bound'],
    ['> 2 cm', sizes, 'is a bound'],
    ['höchstens 2 cm', sizes, 'is a bound'],
    ['1-2 cm', sizes, 'range'],
    ['between 1 and 2 cm', sizes, 'range'],
    ['2 x 5 cm', sizes, 'range'],
    ['10.000', counts, 'two ways'],
    ['not nodule', findings, 'what the answer is not'],
    ['no effusion', findings, 'what the answer is not'],
    ['nodule?', findings, 'leaves open'],
    ['possibly nodule', findings, 'leaves open'],
    ['2 kg', sizes, 'names none'],
    ['A, mass', findings, 'names effusion and goes on'],
    ['effusion and a mass', findings, 'goes on'],
  ])('%s', (text, options, reason) => {
    const label = readLabel(text, options);
    expect('reason' in label ? label.reason : label.answer).toContain(reason);
  });
});
