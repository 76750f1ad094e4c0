/**
 * `npm run bench:review -- RUN…`: whether the intervals of the review desk hold the truth. Of each cycle of runs whose truth is known
 * (phantoms, a teacher of labelled data) queues are drawn and judged by a simulated reader; nothing is written into the runs.
 * `npm run bench:review -- --learn --seeds 31,32`: what R_φ learns from verdicts. One cycle of a small run of phantoms for each seed, then R_φ
 * as it is, after verdicts (on the desk's queue, on random candidates, on those in dispute), and after as many new trusted samples.
 * Options: --draws 400 --size 60 --error 0.05 (how often the reader says the wrong thing); with --learn --seeds 31,32,33,34,35 --out DIR
 * --set key=value …; it can be stopped and continued. Prints a Markdown table.
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
    seeds: { type: 'string', default: '31,32,33,34,35' },
    out: { type: 'string', default: 'runs/bench-review' },
    set: { type: 'string', multiple: true, default: [] },
  },
  100,
);
const number = (name: 'draws' | 'size' | 'error', least = 0): number =>
  scriptNumber(script, `--${name}`, values[name], least);
const options = { draws: number('draws', 1), size: number('size', 1), error: number('error') };
if (values.learn && positionals.length > 0) refuse(script, '--learn makes runs of its own: leave out the folders');
if (!values.learn && positionals.length === 0) refuse(script, 'give the folders of one run or more, or --learn');
if (values.learn) {
  const seeds = values.seeds.split(',').map((seed) => scriptNumber(script, '--seeds', seed));
  const outcomes = await measureLearning({ ...options, seeds, out: resolve(values.out), set: values.set });
  process.stdout.write(learningTable(outcomes));
} else process.stdout.write(await intervalsTable(positionals, options));
