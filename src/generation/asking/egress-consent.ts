/**
 * Consent for images, and apart from it for texts about them, to leave this machine, and the ledger egress.jsonl.
 * Nothing leaves this machine without consent, and nothing leaves it unrecorded. Stands before every request, so that it
 * holds for scripts too, which load no configuration. An image that is flagged as not de-identified never leaves; nor does a
 * text that nothing masked.
 */
import { medgr2 } from '../../called-as.js';
import { destinationOf, egressProblem } from '../../config/egress-rule.js';
import type { EgressConfig } from '../../config/sections/egress.js';
import { ConfigError } from '../../errors.js';
import type { Provider } from '../../providers/provider.js';
import type { AskingSection } from '../inquiries/asking-section.js';
import type { GenerationTask, TaskList } from './generation-request.js';

/** One request that left this machine: whose image went to whom, when and why. Holds no image and no text. */
export interface EgressRecord {
  /** ISO 8601, just before it was sent. */
  at: string;
  provider: string;
  model: string;
  host: string;
  /** sha256 of the image file's bytes, hex. */
  imageHash: string;
  /** Content address of the request, as in the reply cache. */
  request: string;
  /** From 1; a try that failed may have been received all the same. */
  attempt: number;
  /** What it was sent for; left out where samples were to be written. */
  purpose?: 'verify';
  /** The reason that the configuration gives. */
  reason: string;
  /** Whether a report or caption of the image was sent with it. */
  text: boolean;
  /** Why it might be, and what had masked it; left out where none was sent. */
  textReason?: string;
  textMaskedBy?: string;
}

export interface Egress {
  consent: EgressConfig;
  /** Called before each request; what cannot be written down is not sent. */
  onSend: (record: EgressRecord) => void;
}

/** What a request that leaves holds. */
export interface Sent {
  imageHash: string;
  /** What masked the report or caption in it; left out where there is none. */
  textMaskedBy?: string | undefined;
}

export interface Consent {
  /** Why this image stays here, or null where it may be sent. */
  withhold(task: GenerationTask): string | null;
  /** The tasks as they may be asked, those whose text stays here without it, and what to tell of that. */
  permitted(tasks: TaskList): { tasks: TaskList; notices: string[] };
  /** Whether any text may leave. */
  textsMayLeave: boolean;
  record(sent: Sent, request: string, attempt: number): void;
}

/** @throws ConfigError `egress-refused` */
export function requireConsent(
  { name, model, endpoint }: Provider,
  egress: Egress | undefined,
  section: AskingSection,
): Consent {
  const destination = destinationOf(name, model, endpoint);
  if (destination === null)
    return {
      withhold: () => null,
      permitted: (tasks) => ({ tasks, notices: [] }),
      textsMayLeave: true,
      record: () => undefined,
    };
  const { host } = destination;
  const none: EgressConfig = { allow: false, reason: '' };
  const problem = egressProblem(destination, egress?.consent ?? none);
  if (problem !== null || egress === undefined)
    throw new ConfigError('egress-refused', problem?.message ?? `nothing may be sent to ${host}`, {
      remedy: 'Say in the configuration that images may leave this machine, to whom and why, or use a provider on it.',
      where: `egress.${problem?.key ?? 'allow'}`,
    });
  const { consent, onSend } = egress;
  return {
    withhold: ({ deidentified }) =>
      deidentified === false ? `The image is not de-identified, so it is not sent to ${host}.` : null,
    permitted: (tasks) => permittedTexts(tasks, consent, host),
    textsMayLeave: mayLeave(consent),
    record: ({ imageHash, textMaskedBy }, request, attempt) =>
      onSend({
        at: new Date().toISOString(),
        provider: name,
        model,
        host,
        imageHash,
        request,
        attempt,
        ...(section === 'verify' ? { purpose: section } : {}),
        reason: consent.reason,
        text: textMaskedBy !== undefined,
        ...(textMaskedBy === undefined ? {} : { textReason: consent.text?.reason ?? '', textMaskedBy }),
      }),
  };
}

const mayLeave = ({ text }: EgressConfig): boolean => text?.allow === true && text.reason.trim() !== '';

function permittedTexts(tasks: TaskList, consent: EgressConfig, host: string): ReturnType<Consent['permitted']> {
  const allowed = mayLeave(consent);
  const stays = ({ context }: GenerationTask): boolean =>
    context !== undefined && (!allowed || context.maskedBy === null);
  const images = new Set<string>();
  for (let index = 0; index < tasks.length; index++) {
    const task = tasks.at(index);
    if (task !== undefined && stays(task)) images.add(task.imageHash);
  }
  if (images.size === 0) return { tasks, notices: [] };
  const notice = allowed
    ? `the texts of ${images.size} images are not sent to ${host}, since nothing has masked names in them: ${unmaskedRemedy}`
    : `the texts of ${images.size} images are not sent to ${host}: that takes egress.text.allow: true and egress.text.reason, ` +
      'apart from the consent for images. The images are asked about alone.';
  const at = (index: number): GenerationTask | undefined => {
    const task = tasks.at(index);
    return task !== undefined && stays(task) ? withoutText(task) : task;
  };
  return { tasks: { length: tasks.length, at }, notices: [notice] };
}

export const unmaskedRemedy = `install the masking library (${medgr2} setup --with deid) and import the images again (--force)`;

/** What masked a task's text; undefined where it has none. A text that nothing masked is in no task that leaves. */
export const maskOf = ({ context }: Pick<GenerationTask, 'context'>): string | undefined =>
  context === undefined ? undefined : (context.maskedBy ?? 'nothing');

/** As a task may be written down: its text is in no file of a run. */
export function withoutText({ context: _, ...task }: GenerationTask): GenerationTask {
  return task;
}
