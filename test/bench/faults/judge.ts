/** Whether a command that stopped did so clearly: a typed error with its exit code, what it is about, and what to do. */
import type { AttemptEnd } from './attempt.js';

/** What a stop must tell. */
export interface Expected {
  /** Words of which the message must hold one, such as the path of the damaged file; none where it is about no file. */
  names?: readonly string[];
  /** Exit codes that fit. */
  codes?: readonly number[];
}

/** @returns What is wrong with it, or null where it is clear. */
export function unclear(end: AttemptEnd, { names = [], codes = [1, 2] }: Expected): string | null {
  const { code, stderr, hung } = end;
  if (hung) return `did not end within ${Math.round(end.seconds)} s`;
  const told = `; stderr: ${stderr.trim().slice(-400) || 'nothing'}`;
  if (code === null) return `was ended by a signal that nobody sent${told}`;
  if (!codes.includes(code)) return `exit code ${code}, expected ${codes.join(' or ')}${told}`;
  if (/defect of medgr2/.test(stderr)) return `says that this is a defect of medgr2${told}`;
  if (!/^error \([a-z0-9-]+\): \S/m.test(stderr)) return `tells no typed error${told}`;
  if (!/what to do: \S/.test(stderr)) return `has no remedy${told}`;
  if (names.length > 0 && !names.some((name) => stderr.includes(name)))
    return `names none of ${names.join(', ')}${told}`;
  return null;
}

/** Whatever the end, nobody stays behind. */
export function stayed({ left, code }: AttemptEnd): string | null {
  return left === 0 ? null : `${left} processes still ran half a minute after it had ended with ${code}`;
}

/** Stopped by a person: the code that says so, and that the same command goes on. */
export function unclearInterrupt({ code, stderr, hung, seconds }: AttemptEnd): string | null {
  if (hung) return `did not end within ${Math.round(seconds)} s`;
  // The signal may come after the last stage, or before the command listens.
  if (code === 0 || code === null) return null;
  if (code !== 130) return `exit code ${code} after an interrupt, expected 130; stderr: ${stderr.trim().slice(-400)}`;
  return /same command again/.test(stderr) ? null : `does not say how to go on; stderr: ${stderr.trim().slice(-400)}`;
}

/** By what a message may name a file of the run: itself, or the stage or model that it is part of. */
export function namesOf(file: string): string[] {
  const parts = file.split('/');
  const folders = parts.slice(0, -1).map((_, index) => parts.slice(0, index + 1).join('/'));
  // A cycle or a whole folder of images says too little.
  return [file, ...folders.filter((folder) => folder.split('/').length >= 2)];
}
