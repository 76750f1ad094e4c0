const root = '/work/wt/batch';
const { generateOutcomes } = await import(`${root}/src/generation/generate-samples.ts`);
const { createOutcomeSpool } = await import(`${root}/src/generation/outcome-spool.ts`);
const { writeSamples } = await import(`${root}/src/dataset/tables/sample-table.ts`);
const { openReplyCache } = await import(`${root}/src/generation/replies/reply-cache.ts`);
const { imageFiles, listedTasks } = await import(`${root}/test/bench/generation/generate-tasks.ts`);
import { mkdtempSync } from 'node:fs';
const n = Number(process.argv[2]);
const folder = mkdtempSync('/tmp/mem-');
const images = await imageFiles(folder, n, 1000, 1);
const provider = {
  name: 'inline',
  model: 'm',
  endpoint: null,
  capabilities: { structuredOutput: 'json-schema', usage: 'always' },
  complete: async () => ({
    text: JSON.stringify({
      question: 'What is seen?',
      options: ['a mass', 'a cyst'],
      rationale: 'Round.',
      answer: 'a cyst',
    }),
    finish: 'stop',
    usage: { inputTokens: 700, outputTokens: 40 },
  }),
};
const say = (w: string) => {
  const m0 = process.memoryUsage();
  globalThis.gc?.();
  const m = process.memoryUsage();
  console.log(
    w.padEnd(14),
    'rss',
    (m0.rss / 2 ** 20) | 0,
    '->',
    (m.rss / 2 ** 20) | 0,
    'heap',
    (m0.heapUsed / 2 ** 20) | 0,
    '->',
    (m.heapUsed / 2 ** 20) | 0,
    'ext',
    (m.external / 2 ** 20) | 0,
    'ab',
    (m.arrayBuffers / 2 ** 20) | 0,
    'max',
    (process.resourceUsage().maxRSS / 1024) | 0,
  );
};
say('start');
const cache = openReplyCache(`${folder}/r.jsonl`);
const spool = createOutcomeSpool(`${folder}/s`, n);
let c = 0;
const t = performance.now();
await generateOutcomes(
  { tasks: listedTasks(images, n, 1), provider, cache, cycle: 1, concurrency: 64 },
  (i: number, o: any) => {
    spool.put(i, o);
    if (++c % (n / 5) === 0) say(String(c));
  },
);
console.log((performance.now() - t) / 1000);
say('asked');
function* it() {
  for (const o of spool.inOrder()) yield (o as any).sample;
}
await writeSamples(`${folder}/c.parquet`, it());
say('parquet');
