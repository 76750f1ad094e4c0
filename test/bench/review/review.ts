/**
 * `npm run bench:review -- RUN…`: whether the intervals of the review desk hold the truth. Of each cycle of runs whose truth is known
 * (phantoms, a teacher of labelled data) queues are drawn and judged by a simulated reader; nothing is written into the runs.
 * `npm run bench:review -- --learn RUN…`: what R_φ learns from verdicts. From the first cycle of each run (of phantoms) on: R_φ as it is, after
 * verdicts (on the desk's queue, on random candidates, on those in dispute), and after as many new trusted samples, in copies below --out DIR;
 * it can be stopped and continued.
 * Options: --draws 400 --size 60 --error 0.05 (how often the reader says the wrong thing). Prints a Markdown table.
 */
import { resolve } from 'node:path';
import { refuse, scriptLine, scriptNumber } from '../../../src/script-line.js';
import { intervalsTable } from './intervals.js';
import { learningTable } from './learning-table.js';
import { measureLearning } from './learning.js';

const script = import.meta.filename;
const { values, positionals } = scriptLine(
  script,
  {
    draws: { type: 'string', default: '400' },
    size: { type: 'string', default: '60' },
    error: { type: 'string', default: '0.05' },
    learn: { type: 'boolean', default: false },
    out: { type: 'string', default: 'runs/bench-review' },
  },
  100,
);
const number = (name: 'draws' | 'size' | 'error', least = 0): number =>
  scriptNumber(script, `--${name}`, values[name], least);
const options = { draws: number('draws', 1), size: number('size', 1), error: number('error') };
if (positionals.length === 0) refuse(script, 'give the folders of one run or more');
const runs = positionals.map((run) => resolve(run));
const table = values.learn
  ? learningTable(await measureLearning(runs, { ...options, out: resolve(values.out) }))
  : await intervalsTable(runs, options);
process.stdout.write(table);
