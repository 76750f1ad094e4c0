/** `medgr2 init`: asks what no flag says, where there is a terminal, and writes a configuration that `plan` accepts. */
import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { medgr2, shellWord } from '../../called-as.js';
import { packageRoot } from '../../bridge/environment/package-paths.js';
import { nearest } from '../../config/nearest-word.js';
import { parseConfig } from '../../config/load.js';
import { configTemplate, type TemplateAnswers } from '../../config/init-template.js';
import { leftNotes, listImages, noImages, type LeftOut } from '../../dataset/pictures/image-folder.js';
import { volumeNames } from '../../dataset/labels/nifti-masks.js';
import { ConfigError, InterruptedError, Medgr2Error } from '../../errors.js';
import { writeWhole } from '../../loop/folder/run-folder.js';
import { modalities, type Modality } from '../../sample.js';
import { knownOf, labelQuestion, labelSteps, poolShare } from '../init-labels.js';
import { asWritten, elsewhere, initGenerator, keyVariableOf, type Ask } from '../init-generator.js';
import { contextFlag, initReports, maskingSteps, type Reports } from '../init-reports.js';
import type { CommandIo } from '../command-io.js';
import { shownPath } from '../named-paths.js';
import { describeError } from '../print-error.js';

export interface InitCommand {
  file: string;
  images?: string | undefined;
  modality?: string | undefined;
  /** What is known of the images: `questions`, `classes`, `boxes` or `masks`. */
  have?: string | undefined;
  /** Where the labels are, if not with the images. */
  labels?: string | undefined;
  /** A table of reports or captions, and why they may leave, masked. */
  reports?: string | undefined;
  textReason?: string | undefined;
  generator?: string | undefined;
  generatorModel?: string | undefined;
  generatorUrl?: string | undefined;
  generatorKey?: string | undefined;
  model?: string | undefined;
  egressReason?: string | undefined;
  force: boolean;
}

export async function initCommand(command: InitCommand, io: CommandIo): Promise<void> {
  const file = resolve(command.file);
  if (existsSync(file) && !command.force)
    throw new ConfigError('file-exists', `${command.file} exists already`, {
      where: file,
      remedy: 'Give another name, or --force to write over it.',
    });
  const { answers, questions, prepare } = await answersOf(command, dirname(file), io);
  const text = configTemplate(answers, relative(dirname(file), join(packageRoot, 'configs')));
  parseConfig(text, { file: command.file }); // a template that does not load would be a defect: find it here
  writeWhole(file, text, 'umask');
  io.out(`wrote ${command.file}`);
  if (questions !== null && !existsSync(questions.file)) {
    writeWhole(questions.file, questions.text, 'umask');
    io.out(`wrote ${shownPath(questions.file)}: fill in questions and answers that an expert stands for`);
  }
  io.out(
    `\nNext:\n${nextSteps(command, answers, prepare)
      .map((line) => `  ${line}`)
      .join('\n')}`,
  );
}

interface Answers {
  answers: TemplateAnswers;
  /** A table to fill in. */
  questions: { file: string; text: string } | null;
  /** What to do before `plan`. */
  prepare: string[];
}

async function answersOf(command: InitCommand, folder: string, io: CommandIo): Promise<Answers> {
  const ask: Ask = (flag, question, otherwise, read) =>
    flag === undefined ? askUntil(io, question, otherwise, read) : Promise.resolve(read(flag));
  const { images, names, volumes } = await ask(
    command.images,
    'Folder of your own images (leave empty for drawn ones): ',
    '',
    async (given) => ({ images: given, ...(given === '' ? { names: [], volumes: null } : await namesIn(given, io)) }),
  );
  const model = (otherwise: string): Promise<string> =>
    ask(
      command.model,
      `Model to train: phantom (tiny, on the CPU) or a Hugging Face id [${otherwise}]: `,
      otherwise,
      asWritten,
    );
  if (images === '') {
    const { generator = 'simulated' } = command;
    if (generator !== 'simulated') throw needsImages(generator);
    const base = await model('phantom');
    const drawn = { data: { kind: 'phantom' }, generator: { provider: 'simulated' }, base, texts: null } as const;
    return { answers: drawn, questions: null, prepare: [] };
  }
  const modality = await ask(
    command.modality,
    `What they are (${modalities.join(', ')}) [unknown]: `,
    'unknown',
    modalityOf,
  );
  const have = await ask(command.have, labelQuestion, 'questions', knownOf);
  if (volumes !== null && have !== 'masks') throw noImages(images, volumes);
  const generator = await initGenerator(command, ask, have !== 'questions');
  const base = await model('Qwen/Qwen2.5-VL-3B-Instruct');
  const reports = await initReports(command, ask, { names, whom: elsewhere(generator) });
  const texts = reports === null ? null : { reason: reports.reason };
  const parts = { kind: 'images', modality, seed: 'data/parts/seed', test: 'data/parts/test' } as const;
  if (have !== 'questions') {
    const count = Math.max(1, Math.floor(poolShare * names.length));
    const labelled = { ...parts, pool: 'data/parts/pool', count, labelled: true } as const;
    const prepare = labelSteps(have, { ...command, images, modality, reports });
    return { answers: { data: labelled, generator, base, texts }, questions: null, prepare };
  }
  const raw = relative(folder, resolve(images)) || '.';
  // Reports come in with the images.
  const pool = reports === null ? raw : 'data/pool';
  const own = { ...parts, pool, count: names.length, labelled: false } as const;
  const questions = { file: join(folder, 'questions.csv'), text: questionsTemplate(names, modality) };
  const prepare = questionSteps(command.file, { raw, images, modality, reports });
  return { answers: { data: own, generator, base, texts }, questions, prepare };
}

/** @returns Names of pictures; where there are none, of volumes, and the same as files that masks alone can be of. */
async function namesIn(folder: string, io: CommandIo): Promise<{ names: string[]; volumes: LeftOut[] | null }> {
  const { names, left } = await listImages(resolve(folder));
  const volumes = left.filter(({ name }) => volumeNames.test(name));
  if (names.length === 0 && volumes.length === 0) throw noImages(folder, left);
  if (names.length === 0) return { names: volumes.map(({ name }) => name), volumes };
  for (const note of leftNotes(left)) io.error(note);
  return { names, volumes: null };
}

/** A person at a terminal is asked again after a slip; where nobody is asked, the usual holds. */
async function askUntil<T>(
  io: CommandIo,
  question: string,
  otherwise: string,
  read: (text: string) => T | Promise<T>,
): Promise<T> {
  for (;;) {
    const text = await askOr(io, question, otherwise);
    try {
      return await read(text);
    } catch (error) {
      if (io.ask === undefined || !(error instanceof Medgr2Error)) throw error;
      io.error(describeError(error, { verbose: false }));
    }
  }
}

async function askOr({ ask }: CommandIo, question: string, otherwise: string): Promise<string> {
  if (ask === undefined) return otherwise;
  try {
    const answer = await ask(question);
    return answer === '' ? otherwise : answer;
  } catch (cause) {
    throw new InterruptedError('interrupted', 'nothing was written', { cause, remedy: 'Give the command again.' });
  }
}

function modalityOf(text: string): Modality {
  const found = modalities.find((modality) => modality.toLowerCase() === text.toLowerCase());
  if (found !== undefined) return found;
  const meant = nearest(text, modalities);
  throw new ConfigError('unknown-modality', `${text} is not one of ${modalities.join(', ')}`, {
    remedy: meant === null ? 'Take unknown where none fits.' : `Did you mean ${meant}?`,
  });
}

function needsImages(generator: string): ConfigError {
  return new ConfigError('no-images', `${generator} writes questions about images of your own, and none are given`, {
    remedy: 'Give their folder with --images.',
  });
}

/** A table to fill in: some of the images, and the columns that `medgr2 import csv` reads. */
function questionsTemplate(names: readonly string[], modality: Modality): string {
  const every = Math.max(1, Math.floor(names.length / 40));
  const chosen = names.filter((_, index) => index % every === 0).slice(0, 40);
  const cell = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const header = 'image,question,option_A,option_B,option_C,option_D,answer,rationale,patient,question_type,modality';
  const known = modality === 'unknown' ? '' : modality;
  return `${[header, ...chosen.map((name) => `${cell(name)},,,,,,,,${cell(patientIn(name))},,${known}`)].join('\n')}\n`;
}

/** The first folder of an image, which often is the patient's: to be looked at, as all of the table. */
const patientIn = (name: string): string => (name.includes('/') ? (name.split('/')[0] ?? '') : '');

interface Unlabelled {
  /** The images as the configuration's folder sees them, and as they were given. */
  raw: string;
  images: string;
  modality: Modality;
  reports: Reports | null;
}

function questionSteps(file: string, { raw, images, modality, reports }: Unlabelled): string[] {
  const within = (path: string): string => shellWord(shownPath(join(dirname(file), path)));
  const of = modality === 'unknown' ? '' : ` --modality ${shellWord(modality)}`;
  const taken = `${medgr2} import images ${shellWord(images)} --out ${within('data/pool')}${of}${contextFlag(reports)}`;
  return [
    ...(reports === null ? [] : [...maskingSteps(reports), taken]),
    `fill in ${within('questions.csv')}: trusted questions about some of the images, then`,
    `${medgr2} import csv ${within('questions.csv')} --image-root ${within(raw)} --out ${within('data/questions')}`,
    `${medgr2} split ${within('data/questions')} --out ${within('data/parts')} --part seed=0.6 --part test=0.4`,
  ];
}

function nextSteps({ file }: InitCommand, { generator }: TemplateAnswers, prepare: readonly string[]): string[] {
  const variable = keyVariableOf(generator);
  const key = variable === null ? [] : [`export ${variable}=…`];
  return [...prepare, ...key, ...['plan', 'doctor', 'run'].map((verb) => `${medgr2} ${verb} ${shellWord(file)}`)];
}
