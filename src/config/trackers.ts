/** Section `trackers`: where a run's figures go beside its own folder. Figures alone: no image, no question, no completion. */
import { isMap, isScalar, isSeq, type Document } from 'yaml';
import { z } from 'zod';

export const trackerKinds = ['wandb', 'mlflow', 'tensorboard', 'trackio'] as const;
export type TrackerKind = (typeof trackerKinds)[number];

const trackerSchema = z
  .strictObject({
    /** Whose client is told. */
    kind: z.enum(trackerKinds),
    /**
     * Sends figures and settings to the tracker's server. Without it they are files below `trackers/` of the run folder, and nothing
     * leaves this machine. Where to and as whom is in the tracker's own variables: WANDB_API_KEY, MLFLOW_TRACKING_URI, TRACKIO_SPACE_ID.
     */
    online: z.boolean().default(false),
    /** Project or experiment that the run stands under. */
    project: z
      .string()
      .regex(/^[\w.-]+$/, 'expected letters, digits, _, . and -')
      .default('medgr2'),
  })
  .refine(({ kind, online }) => kind !== 'tensorboard' || !online, {
    path: ['online'],
    error:
      'TensorBoard has no server: it reads the files of the run folder (`tensorboard --logdir RUN/trackers/tensorboard`)',
  });
export type Tracker = z.output<typeof trackerSchema>;

/** A name alone is the tracker with its defaults. */
export const trackersSchema = z.array(z.union([z.enum(trackerKinds), trackerSchema])).default([]);

export const trackersOf = (trackers: z.output<typeof trackersSchema>): Tracker[] =>
  trackers.map((one) => (typeof one === 'string' ? trackerSchema.parse({ kind: one }) : one));

/** The variables that tell a client its server, and who asks. */
export const onlineVariables: Readonly<Record<TrackerKind, readonly string[]>> = {
  wandb: ['WANDB_API_KEY'],
  mlflow: ['MLFLOW_TRACKING_URI'],
  tensorboard: [],
  trackio: ['TRACKIO_SPACE_ID', 'HF_TOKEN'],
};

/** `trl.report_to` of a run's trainers names trackers of the run: one place tells all stages of it, and no trainer by itself. */
export function routeReports(document: Document): void {
  for (const section of ['sft', 'grpo']) {
    const path = [section, 'trl', 'report_to'];
    const wanted = namesAt(document, path);
    if (wanted === null || !wanted.every((name) => name === 'none' || isKind(name))) continue; // the schema says what is wrong
    document.deleteIn(path);
    const known = document.get('trackers');
    const there = isSeq(known) ? known.items.map((item) => String(isMap(item) ? item.get('kind') : item)) : [];
    const added = wanted.filter((name) => isKind(name) && !there.includes(name));
    for (const name of added) {
      if (!document.has('trackers')) document.set('trackers', document.createNode([]));
      document.addIn(['trackers'], document.createNode(name));
    }
  }
}

const isKind = (name: string): name is TrackerKind => trackerKinds.some((kind) => kind === name);

function namesAt(document: Document, path: readonly string[]): string[] | null {
  const node = document.hasIn(path) ? document.getIn(path, true) : null;
  if (isScalar(node) && typeof node.value === 'string') return [node.value];
  if (!isSeq(node)) return null;
  return node.items.every(isScalar) ? node.items.map((item) => String((item as { value: unknown }).value)) : null;
}
