/** `medgr2 generate`, `score`, `sft`, `grpo`, `train-reward`: one stage of the loop on files. No logic of its own. */
import { basename, extname, join, resolve } from 'node:path';
import { loadConfig, parseConfig } from '../../config/load.js';
import type { Config } from '../../config/schema.js';
import { formatOf, readSampleFile, writeSampleFile } from '../../dataset/tables/sample-files.js';
import {
  generateAlone,
  grpoAlone,
  scoreAlone,
  sftAlone,
  trainRewardAlone,
} from '../../loop/single-stage/single-stages.js';
import { fixed, formatCount, percent } from '../../format.js';
import type { RunOptions } from '../../loop/run-attempt.js';
import type { Modality, Sample } from '../../sample.js';
import { checkInputs } from '../../job-spec/checks/input-gate.js';
import { lineTeller } from '../../tui/event-lines.js';
import type { CommandIo } from '../command-io.js';
import { namesFolder, shownPath } from '../named-paths.js';
import { setUpPython } from './run-command.js';

export interface StageFlags {
  config?: string | undefined;
  set: readonly string[];
  runDir?: string | undefined;
  imageRoot?: string | undefined;
  json?: boolean | undefined;
  redo?: boolean | undefined;
  allowVersionChange?: boolean | undefined;
}

export interface GenerateFlags extends StageFlags {
  modality?: Modality | undefined;
  out?: string | undefined;
}

export async function generateCommand(images: string | null, flags: GenerateFlags, io: CommandIo): Promise<void> {
  if (flags.out !== undefined) formatOf(flags.out); // a name that cannot be written is found before anything is paid for
  const { config, options, tell } = await prepare('generate', images ?? flags.config ?? 'defaults', flags, io);
  const { samples, dir } = await generateAlone(config, { images, modality: flags.modality }, options);
  await hand(samples, join(dir, 'candidates.parquet'), flags.out, tell);
}

export interface ScoreFlags extends StageFlags {
  rewardModel: string;
  out?: string | undefined;
}

export async function scoreCommand(file: string, flags: ScoreFlags, io: CommandIo): Promise<void> {
  if (flags.out !== undefined) formatOf(flags.out);
  const samples = await readChecked(file, flags);
  const { config, options, tell } = await prepare('score', file, flags, io);
  await setUpPython(io);
  const scored = await scoreAlone(config, { samples, rewardModel: flags.rewardModel }, options);
  await hand(scored.samples, join(scored.dir, 'scored.parquet'), flags.out, tell);
}

export interface PolicyFlags extends StageFlags {
  model?: string | undefined;
}

export async function sftCommand(file: string, flags: PolicyFlags, io: CommandIo): Promise<void> {
  const samples = await readChecked(file, flags);
  const { config, options, tell } = await prepare('sft', file, flags, io);
  await setUpPython(io);
  const { checkpoint } = await sftAlone(config, { samples, model: modelOf(config, flags) }, options);
  tell(`model: ${shownPath(checkpoint)}`);
}

export interface GrpoFlags extends PolicyFlags {
  rewardModel: string;
  learned?: string | undefined;
  heldOut?: string | undefined;
}

export async function grpoCommand(file: string, flags: GrpoFlags, io: CommandIo): Promise<void> {
  const samples = await readChecked(file, flags);
  const read = (name: string | undefined) => (name === undefined ? undefined : readSampleFile(name, flags.imageRoot));
  const [learned, heldOut] = [await read(flags.learned), await read(flags.heldOut)];
  const { config, options, tell } = await prepare('grpo', file, flags, io);
  await setUpPython(io);
  const { rewardModel } = flags;
  const what = { samples, model: modelOf(config, flags), rewardModel, learned, heldOut };
  const { checkpoint } = await grpoAlone(config, what, options);
  tell(`model: ${shownPath(checkpoint)}`);
}

export async function trainRewardCommand(file: string, flags: PolicyFlags, io: CommandIo): Promise<void> {
  const samples = await readChecked(file, flags);
  const loaded = await prepare('train-reward', file, flags, io);
  await setUpPython(io);
  const base = flags.model === undefined ? {} : { base: localOr(flags.model) };
  const config = { ...loaded.config, rewardModel: { ...loaded.config.rewardModel, ...base } };
  const { path, report } = await trainRewardAlone(config, samples, loaded.options);
  loaded.tell(`reward model: ${shownPath(path)}`);
  loaded.tell(
    `τ ${fixed(report.tau, 2)}: of held-out texts above it ${percent(report.precision)} are right` +
      (report.reached ? '' : ', which is less than asked for'),
  );
}

/** Through the gate that samples of a script pass. */
async function readChecked(file: string, { imageRoot }: StageFlags): Promise<Sample[]> {
  const samples = await readSampleFile(file, imageRoot);
  checkInputs('grpo', samples, file);
  return samples;
}

interface Prepared {
  config: Config;
  options: RunOptions;
  /** For people; says nothing beside --json. */
  tell: (text: string) => void;
}

async function prepare(command: string, input: string, flags: StageFlags, io: CommandIo): Promise<Prepared> {
  const { set, json, redo, allowVersionChange } = flags;
  const loading = { set, env: io.env };
  const config =
    flags.config === undefined
      ? parseConfig('data: { source: phantom }\n', { ...loading, file: 'defaults' })
      : await loadConfig(flags.config, loading);
  const name = basename(resolve(input), extname(input));
  const runDir = resolve(flags.runDir ?? join('runs', `${command}-${name}-${config.seed}`));
  const line = lineTeller();
  const onEvent: RunOptions['onEvent'] = (event) => {
    const text = json === true ? JSON.stringify(event) : line(event);
    if (text !== null) io.out(text);
  };
  const tell = (text: string): void => {
    if (json !== true) io.out(text);
  };
  return { config, options: { runDir, signal: io.signal, onEvent, redo, allowVersionChange }, tell };
}

/** Samples are in the run folder; --out puts them where the person wants them, too. */
async function hand(samples: readonly Sample[], stored: string, out: string | undefined, tell: Prepared['tell']) {
  if (out !== undefined) await writeSampleFile(resolve(out), samples);
  tell(`${formatCount(samples.length, 'sample')}: ${out ?? shownPath(stored)}`);
}

const modelOf = (config: Config, { model }: PolicyFlags): string =>
  model === undefined ? config.policy.base : localOr(model);

const localOr = (model: string): string => (namesFolder(model) ? resolve(model) : model);
