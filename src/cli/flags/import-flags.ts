/** `medgr2 import`. */
import { Argument, InvalidArgumentError, Option } from 'commander';
import { importFormats } from '../../dataset/import/import-formats.js';
import type { WindowChoice } from '../../dataset/import/import-clinical.js';
import { tokenChoices } from '../../dataset/import/accept-row.js';
import { isClassFrom } from '../../dataset/labels/class-folders.js';
import type { MaskFrames } from '../../dataset/labels/masks.js';
import { labelKinds } from '../../dataset/labels/label-set.js';
import { asks, type Ask } from '../../dataset/drafts/question-wording.js';
import { isPatientFrom } from '../../dataset/patients/patient-path.js';
import { shapeChoices } from '../../dataset/pictures/picture-size.js';
import { modalities } from '../../sample.js';
import type { ImportFlags } from '../dataset-commands/import-command.js';
import { columnNames } from '../../dataset/predictions/answered-row.js';
import { collect, example, type Declare } from './declare-command.js';

const fieldNames = Object.keys(columnNames)
  .filter((name) => name !== 'prediction' && name !== 'likelihoods')
  .join(', ');

export const declareImport: Declare = (program, io) => {
  program
    .command('import')
    .description(
      'make a dataset folder of questions or images that exist; rows that cannot be used are listed with why',
    )
    .addArgument(new Argument('<format>', 'what is read').choices(importFormats))
    .argument('<path>', 'a file or a folder')
    .requiredOption('--out <folder>', 'the new dataset folder')
    .option('--strict', 'end with an error when a row cannot be used, and write nothing')
    .option(
      '--map <key=column>',
      `the column of a field: answer=label, options=a,b,c, answer=conversations.1.value; several times; fields: ${fieldNames}`,
      collect,
      [],
    )
    .addOption(new Option('--modality <name>', 'of rows and images that do not say').choices(modalities))
    .addOption(
      new Option('--images <how>', 'copy images, leave them where they are, or import the questions alone')
        .choices(['copy', 'reference', 'none'])
        .default('copy'),
    )
    .option('--image-root <folder>', 'where relative image names start (default: around the questions)')
    .option('--images-of <folder>', 'questions about DICOM or NIfTI files: the dataset folder their import made')
    .addOption(
      new Option(
        '--patient-from <what>',
        "the patient in an image's path: folder (the first below the given one), or a pattern such as '*/{patient}/*' or '{patient}_*'",
      )
        .default('none')
        .argParser(parsePatientFrom),
    )
    .addOption(
      new Option('--shape <how>', 'pictures too thin or too small for models: leave them out, or pad them with black')
        .choices(shapeChoices)
        .default('reject'),
    )
    .addOption(
      new Option(
        '--special-tokens <how>',
        'texts with signs of chat templates, such as <|im_end|>: leave them out, or keep them as plain text',
      )
        .choices(tokenChoices)
        .default('reject'),
    )
    .option('--encoding <name>', 'of tables that are not in UTF-8, such as windows-1252')
    .addOption(
      new Option(
        '--answers-from <number>',
        'answers that are numbers of options count from 0 or from 1 (default: as the file shows)',
      ).argParser(parseStart),
    )
    .option(
      '--context <file>',
      'a table of reports or captions by image (--map image=COLUMN, context=COLUMN), shown to the generator alone',
    )
    .option('--force', 'write over an earlier import')
    .addOption(
      new Option('--window <choice>', 'dicom, volumes: the header’s, auto (own range), or CENTER/WIDTH such as 40/400')
        .default('header')
        .argParser(parseWindow),
    )
    .addOption(
      new Option(
        '--frames <choice>',
        'dicom, nifti: first, middle (default), all, or a number from 1; of masks that are volumes also largest (default there)',
      ).argParser(parseFrames),
    )
    .option('--deidentified', 'dicom, nifti: you have looked, and nothing in the pictures names a patient')
    .addOption(new Option('--kind <what>', 'labels: what classes are names of (default: disease)').choices(labelKinds))
    .option(
      '--labels <column>',
      'classes: a column of labels of a table, or one of 0 and 1 for a class; COLUMN=KIND says what it names; several times',
      collect,
      [],
    )
    .option(
      '--name <class=words>',
      'labels: what people call a class, "RBC=red blood cell", or with its plural after a slash; several times',
      collect,
      [],
    )
    .addOption(
      new Option(
        '--class-from <what>',
        "classes: the folder that is the class: first, last, or a pattern such as '*/{class}/*' (default: first)",
      ).argParser(parseClassFrom),
    )
    .addOption(
      new Option('--per-image <number>', 'labels: questions about one image, at most')
        .default(3)
        .argParser(wholeNumber(1)),
    )
    .addOption(
      new Option(
        '--ask <what>',
        `labels: ${asks.join(', ')}; several times (default: all that can be answered in more than one way)`,
      )
        .default([])
        .argParser(parseAsk),
    )
    .addOption(
      new Option('--crops <number>', 'boxes, masks: pictures of single boxes from one image, at most')
        .default(0)
        .argParser(wholeNumber(0)),
    )
    .addOption(
      new Option('--seed <number>', 'labels: another seed gives other questions').default(0).argParser(wholeNumber(0)),
    )
    .option('--licence <text>', 'the licence, kept with the data')
    .option('--json', 'print import.json on stdout, and nothing else')
    .addHelpText(
      'after',
      example(
        'import vqa-rad VQA-RAD --out data/vqa-rad',
        'import csv questions.csv --out data/mine --map answer=label --map image=file --modality CT',
        'import dicom STUDY --out data/ct --window 40/400 --frames middle',
        'import classes skin/ --out data/skin --modality dermoscopy --per-image 2   # a folder a class, or a table of labels',
        'import boxes VOC/ --out data/cells --modality microscopy --kind attribute --name "RBC=red blood cell"',
        'import masks labelsTr --image-root imagesTr --out data/liver --modality CT --kind anatomy --window 40/400',
        'import images scans/ --out data/pool --modality MRI --patient-from folder',
        'import images scans/ --out data/pool --context reports.csv --map image=file --map context=report',
      ),
    )
    .action(async (format: string, path: string, flags: ImportFlags) => {
      const { importCommand } = await import('../dataset-commands/import-command.js');
      await importCommand(format, path, flags, io);
    });
};

function parsePatientFrom(text: string): string {
  if (isPatientFrom(text)) return text;
  throw new InvalidArgumentError("Give none, folder, or a pattern with {patient}, such as '*/{patient}/*'.");
}

function parseStart(text: string): 0 | 1 {
  if (text === '0' || text === '1') return text === '0' ? 0 : 1;
  throw new InvalidArgumentError('Give 0 or 1.');
}

function parseWindow(text: string): WindowChoice {
  if (text === 'header' || text === 'auto') return text;
  const [, center, width] = /^(-?\d+(?:\.\d+)?)\/(\d+(?:\.\d+)?)$/.exec(text) ?? [];
  if (center === undefined || width === undefined || Number(width) <= 1)
    throw new InvalidArgumentError('Give header, auto, or CENTER/WIDTH such as 40/400.');
  return [Number(center), Number(width)];
}

function parseFrames(text: string): MaskFrames {
  if (text === 'first' || text === 'middle' || text === 'all' || text === 'largest') return text;
  if (!/^[1-9]\d*$/.test(text))
    throw new InvalidArgumentError('Give first, middle, all, of masks also largest, or a number from 1.');
  return Number(text);
}

function parseClassFrom(text: string): string {
  if (isClassFrom(text)) return text;
  throw new InvalidArgumentError("Give first, last, or a pattern with {class}, such as '*/{class}/*'.");
}

function parseAsk(text: string, all: readonly Ask[]): Ask[] {
  const found = text.split(',').map((part) => asks.find((ask) => ask === part.trim()));
  const known = found.filter((ask) => ask !== undefined);
  if (known.length < found.length) throw new InvalidArgumentError(`Give ${asks.join(', ')}.`);
  return [...all, ...known];
}

const wholeNumber =
  (least: number) =>
  (text: string): number => {
    if (/^\d{1,6}$/.test(text) && Number(text) >= least) return Number(text);
    throw new InvalidArgumentError(`Give a whole number of ${least} or more.`);
  };
