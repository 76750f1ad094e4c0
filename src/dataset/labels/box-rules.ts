/** Which boxes count, and what follows from them for the classes of an image. */
import type { Rejection } from '../folders/dataset-folder.js';
import type { Box, BoxLabels, LabelledImage, Topic, TopicLabels } from './label-set.js';

/** A class with a box is there; one whose boxes are all in doubt is neither there nor not. */
export function presenceOf(topic: Topic, labels: BoxLabels): TopicLabels {
  const present = [...new Set(labels.boxes.flatMap(({ name, hard }) => (hard ? [] : [name])))];
  return { topic, present, absent: null, unsure: uncountable(labels) };
}

/** Classes of which there may be more, or fewer, than there are boxes. */
export function uncountable({ boxes, lost }: BoxLabels): Set<string> {
  return new Set([...lost, ...boxes.flatMap(({ name, hard }) => (hard ? [name] : []))]);
}

interface Size {
  width: number;
  height: number;
}

/** Annotators' tools count pixels from 0 or from 1, and round: so far a side may lie outside. */
const slack = ({ width, height }: Size): number => Math.max(2, 0.01 * Math.max(width, height));

/** The same boxes within the picture, without those that are none; so is what a class lost. */
export function boxesWithin(
  { file, boxes }: LabelledImage,
  picture: Size | null,
  rejected: Rejection[],
): BoxLabels | null {
  if (boxes === null) return null;
  const size = picture ?? boxes.size;
  const lost = new Set(boxes.lost);
  const kept = boxes.boxes.flatMap((box): Box[] => {
    const problem = problemOf(box, size);
    if (problem === null) return [size === null ? box : clipped(box, size)];
    rejected.push({ file, line: box.line, code: 'box-unusable', reason: `${box.called} (${box.name}) ${problem}` });
    lost.add(box.name);
    return [];
  });
  return { ...boxes, size, boxes: kept, lost };
}

function problemOf({ left, top, right, bottom }: Box, size: Size | null): string | null {
  const written = `${left}, ${top} to ${right}, ${bottom}`;
  if (right <= left || bottom <= top) return `has no area: ${written}`;
  if (right - left < 1 && bottom - top < 1) return `is smaller than a pixel: ${written}`;
  if (size === null) return null;
  const out = Math.max(-left, -top, right - size.width, bottom - size.height);
  return out > slack(size) ? `lies outside of the picture of ${size.width} × ${size.height}: ${written}` : null;
}

const clipped = (box: Box, { width, height }: Size): Box => ({
  ...box,
  left: Math.max(0, box.left),
  top: Math.max(0, box.top),
  right: Math.min(width, box.right),
  bottom: Math.min(height, box.bottom),
});
