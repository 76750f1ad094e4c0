/** What goes wrong outside the run folder: the server that writes samples, inputs that are replaced, settings that are changed. */
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSamples, writeSamples } from '../../../../src/dataset/tables/sample-table.js';
import { unclear } from '../judge.js';
import type { Act, ReplacedInput } from './kinds.js';
import type { ProviderFault } from '../fault-server.js';
import { snapshotBefore } from './moments.js';
import type { Snapshot } from '../reference.js';
import type { Outcome, TrialRun } from '../trial-run.js';

/** Words of which a message about it must hold one. */
const words: Partial<Record<ProviderFault, string[]>> = {
  'expired-key': ['401', 'key'],
  hour: ['429', '3600', 'hour', 'quota', 'Quota'],
  html: ['HTML', 'html', '127.0.0.1'],
};

export async function misbehaving(
  run: TrialRun,
  { fault, lasts }: Extract<Act, { type: 'provider' }>,
): Promise<Outcome> {
  const { place, time } = run.trial.draw;
  const { server } = run.bench;
  run.startedFrom = snapshotBefore(run.reference, 1, 'generate');
  run.restore(run.startedFrom);
  const much =
    lasts === 'lasting' ? {} : fault === 'dead' ? { seconds: 2 + time * 40 } : { requests: 1 + Math.floor(time * 5) };
  // A server that answered before is waited for by minutes: what is cut off for good is so from the start.
  const fromStart = lasts === 'lasting' && (fault === 'reset' || fault === 'html');
  server.misbehave({ fault, from: fromStart ? 0 : Math.floor(place * 8), ...much });
  try {
    const outcome = await run.goOn({ names: words[fault] ?? [] }, { lift: () => server.misbehave(null) });
    return { ...outcome, detail: `${server.met()} requests met it; ${outcome.detail}` };
  } finally {
    server.misbehave(null);
  }
}

export async function replaced(run: TrialRun, { input }: Extract<Act, { type: 'input' }>): Promise<Outcome> {
  const { snapshots } = run.reference;
  const from = snapshots[Math.floor(run.trial.draw.moment * snapshots.length)] as Snapshot;
  run.restore(from);
  run.startedFrom = from;
  const file = fileOf(run, input);
  const before = readFileSync(file);
  const putBack = (): void => writeFileSync(file, before);
  try {
    await replace(run, input, file);
    const folder = join(run.bench.inputs, input.split('-')[0] ?? '');
    const outcome = await run.goOn({ names: [file, folder] }, { lift: putBack });
    return { ...outcome, detail: `at ${from.name}: ${outcome.detail}` };
  } finally {
    putBack();
  }
}

/** Settings that decide what comes of a run. */
const decisive = ['seed=1', 'sft.learningRate=0.002', 'grpo.maxSteps=5', 'filter.threshold=-5', 'data.test=10'];

/** A person stops a run, tries it with another setting, and goes back. */
export async function withOtherSetting(run: TrialRun): Promise<Outcome> {
  const { moment, place } = run.trial.draw;
  const { snapshots } = run.reference;
  const from = snapshots[Math.floor(moment * snapshots.length)] as Snapshot;
  run.restore(from);
  run.startedFrom = from;
  const setting = decisive[Math.floor(place * decisive.length)] ?? '';
  const end = await run.attempt({}, ['--set', setting]);
  const problem = end.code === 0 ? 'done with exit code 0' : unclear(end, { names: [setting.split('=')[0] ?? ''] });
  return problem === null ? run.goOn() : run.failed(`with ${setting}: ${problem}`);
}

function fileOf({ bench: { inputs }, trial }: TrialRun, input: ReplacedInput): string {
  if (input === 'base-weights') return join(inputs, 'base', 'model.safetensors');
  if (input === 'test-table') return join(inputs, 'test', 'samples.parquet');
  const images = join(inputs, input.replace('-image', ''), 'images');
  const names = readdirSync(images).toSorted();
  return join(images, names[Math.floor(trial.draw.place * names.length)] ?? '');
}

/** With something of the same form: nobody is helped by an error about a broken file. */
async function replace({ bench: { inputs } }: TrialRun, input: ReplacedInput, file: string): Promise<void> {
  if (input === 'base-weights') {
    const bytes = readFileSync(file);
    // The last tensor's values change sign and more; the header stays.
    for (let at = bytes.length - 4096; at < bytes.length; at += 4) bytes[at + 3] = (bytes[at + 3] ?? 0) ^ 0x80;
    writeFileSync(file, bytes);
  } else if (input === 'test-table') {
    const samples = await readSamples(file);
    const changed = samples.map((sample) => ({ ...sample, answer: sample.options.at(-1) ?? sample.answer }));
    await writeSamples(file, changed);
  } else cpSync(join(inputs, 'drawn', 'images', input === 'seed-image' ? 'pool-00001.png' : 'seed-00001.png'), file);
}
