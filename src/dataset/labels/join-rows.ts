/** Rows about one image: their labels together, as tables write many labels of an image one below the other. */
import type { Rejection } from '../folders/dataset-folder.js';
import type { LabelledImage, TopicLabels } from './label-set.js';

interface Joined {
  images: LabelledImage[];
  rejected: Rejection[];
  notes: string[];
}

export function joinRows(rows: readonly LabelledImage[]): Joined {
  const groups = [...Map.groupBy(rows, ({ image }) => image).values()];
  const joined: Joined = { images: [], rejected: [], notes: [] };
  let several = 0;
  for (const [first, ...others] of groups) {
    if (first === undefined) continue;
    if (others.length > 0) several += 1;
    const labels = others.reduce<TopicLabels[] | null>(
      (all, { labels: more }) => (all === null ? null : both(all, more)),
      [...first.labels],
    );
    if (labels !== null) {
      joined.images.push({
        ...first,
        patient: first.patient ?? others.find(({ patient }) => patient !== null)?.patient ?? null,
        labels,
      });
      continue;
    }
    const reason = `is one of ${others.length + 1} rows about ${first.image}, of which one says that a class is there and another that it is not`;
    for (const { file, line } of [first, ...others])
      joined.rejected.push({ file, line, code: 'labels-contradict', reason });
  }
  if (several > 0) joined.notes.push(`${several} images have several rows, whose labels were taken together`);
  return joined;
}

/** Null where they contradict. */
function both(all: readonly TopicLabels[], more: readonly TopicLabels[]): TopicLabels[] | null {
  const joined = [...all];
  for (const label of more) {
    const at = joined.findIndex(({ topic }) => topic.name === label.topic.name);
    const known = joined[at];
    if (known === undefined) {
      joined.push(label);
      continue;
    }
    const present = [...new Set([...known.present, ...label.present])];
    // Null beside a list: a row of words that were sure, and one in doubt.
    const absent =
      known.absent === null && label.absent === null
        ? null
        : [...new Set([...(known.absent ?? []), ...(label.absent ?? [])])];
    if (absent?.some((name) => present.includes(name)) === true) return null;
    joined[at] = { topic: known.topic, present, absent };
  }
  return joined;
}
