/** A valid sample for tests; what matters to a test is given by it. */
import type { Sample } from '../../src/sample.js';

export function makeSample(fields: Partial<Sample> = {}): Sample {
  return {
    id: 'sample',
    image: 'images/a.png',
    imageHash: 'a'.repeat(64),
    question: 'Which imaging method was used?',
    options: ['CT', 'MRI', 'ultrasound'],
    answer: 'MRI',
    rationale: 'The bright rim around a dark center points to MRI.',
    questionType: 'modality recognition',
    modality: 'MRI',
    provenance: { provider: 'seed', model: 'none', strategy: null, promptHash: null, cycle: 0 },
    score: null,
    rewardModelVersion: null,
    ...fields,
  };
}
