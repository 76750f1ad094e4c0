/** The same in code: `node loop.ts RUN-FOLDER`. */
import { readFile } from 'node:fs/promises';
import { parseConfig, runLoop } from 'medgr2';
import type { LoopParts } from 'medgr2/parts';
import { audit, brevity, echo, halve, listener, politeness, sceptic, settled, terse, verbatim } from './parts.ts';

export const parts: LoopParts = {
  provider: echo,
  strategies: [sceptic],
  grader: terse,
  rewards: [brevity, politeness],
  filters: [settled],
  stages: [halve, audit],
  evaluator: verbatim,
  sinks: [listener],
};

export const wrong: LoopParts = {
  // @ts-expect-error: a filter says true or false
  filters: [{ name: 'wrong', version: '1', accept: ({ question }) => question.length }],
};

const [runDir = 'run'] = process.argv.slice(2);
const file = new URL('loop.yaml', import.meta.url);
const [settings = ''] = (await readFile(file, 'utf8')).split(/^parts:/m);
const result = await runLoop(parseConfig(settings, { file: 'loop.yaml' }), { runDir, parts });
console.log(result.status, result.cycles.map(({ accepted }) => accepted).join(' '));
