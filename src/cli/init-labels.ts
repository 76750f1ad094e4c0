/** What `${medgr2} init` asks of one who has labels, and the commands that make questions of them. */
import { dirname, join } from 'node:path';
import { medgr2, shellWord } from '../called-as.js';
import { ConfigError } from '../errors.js';
import type { Modality } from '../sample.js';
import { contextFlag, maskingSteps, type Reports } from './init-reports.js';
import { shownPath } from './named-paths.js';

export const labelsKnown = ['questions', 'classes', 'boxes', 'masks'] as const;
type LabelsKnown = (typeof labelsKnown)[number];

export const labelQuestion =
  'What an expert said of them: classes (a folder for each, or a table), boxes (VOC, COCO), masks (label maps, PNG or NIfTI), or nothing yet, and questions are to be written [questions]: ';

export function knownOf(text: string): LabelsKnown {
  const found = labelsKnown.find((known) => known === text.toLowerCase());
  if (found !== undefined) return found;
  throw new ConfigError('unknown-labels', `${text} is not one of ${labelsKnown.join(', ')}`, {
    remedy: 'Take questions where nothing is known of the images.',
  });
}

/** Of labelled images: the rest is learned from and measured on. */
export const poolShare = 0.45;
const shares = '--part seed=0.3 --part test=0.25 --part pool=0.45';

interface Labelled {
  images: string;
  /** A table or a file of boxes that lies elsewhere. */
  labels?: string | undefined;
  modality: Modality;
  file: string;
  reports: Reports | null;
}

/** To be typed where `init` was. */
export function labelSteps(
  known: Exclude<LabelsKnown, 'questions'>,
  { images, labels, modality, file, reports }: Labelled,
): string[] {
  const within = (path: string): string => shellWord(shownPath(join(dirname(file), path)));
  const from = labels === undefined ? shellWord(images) : `${shellWord(labels)} --image-root ${shellWord(images)}`;
  const of = modality === 'unknown' ? '' : ` --modality "${modality}"`;
  return [
    ...maskingSteps(reports),
    `${medgr2} import ${known} ${from} --out ${within('data/labelled')}${of.replaceAll(/"(\S+)"/g, '$1')}${contextFlag(reports)}`,
    `${medgr2} split ${within('data/labelled')} --out ${within('data/parts')} ${shares}`,
  ];
}
