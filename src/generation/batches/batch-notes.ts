/**
 * What is written down of batches, in a folder of their own, so that a kill at any moment or a pause of days loses none:
 * each has a label that we make, a note that says how far it is, and the list of its requests. Until it is begun at the
 * provider its file lies here too. Whoever holds the reply cache's lock is the only one who writes here.
 */
import { randomUUID } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { onDisk, privateFile, privateFolder } from '../../disk.js';

const noteSchema = z.object({
  /** Stands at the provider too: by it a batch is found whose name was lost. */
  label: z.string().regex(/^medgr2-[\w-]+$/),
  /** `made`: its file lies here; `sent`: the provider has the file; `begun`: it has the batch; `ended`: all is collected. */
  state: z.enum(['made', 'sent', 'begun', 'ended']),
  provider: z.string(),
  model: z.string(),
  requests: z.int(),
  /** How often its file was sent, or is about to be. */
  uploads: z.int(),
  /** The provider's names for its file and for the batch. */
  file: z.string().nullable(),
  name: z.string().nullable(),
  /** When it came to its state, ISO 8601. */
  at: z.string(),
});
export type BatchNote = z.output<typeof noteSchema>;

const requestSchema = z.object({
  /** Content address of the request, as in the reply cache. */
  key: z.string(),
  imageHash: z.string(),
  promptHash: z.string(),
  maxOutputTokens: z.number(),
  /** What masked the report or caption in it; left out where there is none. */
  textMaskedBy: z.string().optional(),
});
export type BatchedRequest = z.output<typeof requestSchema>;

export interface BatchNotes {
  /** Those of this provider and model that did not end, oldest first. */
  open(): BatchNote[];
  requestsOf(note: BatchNote): BatchedRequest[];
  /** Written when the call returns. */
  write(note: Omit<BatchNote, 'at'>): BatchNote;
  /** A new label and where its files go. */
  begin(): { label: string; body: string; requests: string };
  bodyOf(note: BatchNote): string;
  noteOf(note: BatchNote): string;
  /** Deletes the file with the images. */
  dropBody(note: BatchNote): void;
  /** Deletes the list of requests: all of them came to an end. */
  dropRequests(note: BatchNote): void;
}

/** @param forget Leaves nothing of earlier processes: their batches are gone with them. */
export function openNotes(folder: string, who: { provider: string; model: string }, forget: boolean): BatchNotes {
  const at = (label: string, kind: string): string => join(folder, `${label}.${kind}`);
  const notes = (): BatchNote[] =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .flatMap((name) => readNote(join(folder, name)) ?? []);
  onDisk(folder, () => {
    mkdirSync(folder, { recursive: true, mode: privateFolder });
    if (forget) for (const { label, state } of notes()) if (state !== 'ended') rmSync(at(label, 'json'));
    // What has no note was being made when the process died: nothing of it was sent.
    const known = new Set(notes().map(({ label }) => label));
    for (const name of readdirSync(folder)) {
      const label = /^(medgr2-[\w-]+)\.(?:body|requests)\.jsonl$|^.*\.tmp$/.exec(name);
      if (label !== null && !known.has(label[1] ?? '')) rmSync(join(folder, name));
    }
  });
  return {
    open: () =>
      notes()
        .filter(({ state, provider, model }) => state !== 'ended' && provider === who.provider && model === who.model)
        .toSorted((a, b) => a.at.localeCompare(b.at)),
    requestsOf: ({ label }) =>
      onDisk(at(label, 'requests.jsonl'), () => readFileSync(at(label, 'requests.jsonl'), 'utf8'))
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => requestSchema.parse(JSON.parse(line))),
    write: (changed) => {
      const note = { ...changed, at: new Date().toISOString() };
      writeWhole(at(note.label, 'json'), `${JSON.stringify(note)}\n`, note.state !== 'ended');
      return note;
    },
    begin: () => {
      const label = `medgr2-${randomUUID()}`;
      return { label, body: at(label, 'body.jsonl'), requests: at(label, 'requests.jsonl') };
    },
    bodyOf: ({ label }) => at(label, 'body.jsonl'),
    noteOf: ({ label }) => at(label, 'json'),
    dropBody: ({ label }) => rmSync(at(label, 'body.jsonl'), { force: true }),
    dropRequests: ({ label }) => rmSync(at(label, 'requests.jsonl'), { force: true }),
  };
}

/** Null for a file of another making. */
function readNote(path: string): BatchNote | null {
  try {
    return noteSchema.safeParse(JSON.parse(readFileSync(path, 'utf8'))).data ?? null;
  } catch {
    return null;
  }
}

/** Whole or not at all, also after a power cut: what it says decides whether something is paid for twice. */
function writeWhole(path: string, text: string, isVital: boolean): void {
  onDisk(path, () => {
    const descriptor = openSync(`${path}.tmp`, 'w', privateFile);
    try {
      writeSync(descriptor, text);
      if (isVital) fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(`${path}.tmp`, path);
  });
}
