/** What every command's declaration is made of. */
import type { Command } from 'commander';
import { medgr2 } from '../../called-as.js';
import type { CommandIo } from '../command-io.js';

/** Declares one command; its implementation is loaded when it runs, so that help and wrong usage are answered at once. */
export type Declare = (program: Command, io: CommandIo) => void;

/** For options that can be given several times. */
export const collect = (value: string, all: string[]): string[] => all.concat(value);

/** The examples at the end of a command's help. @param lines What follows the call of medgr2. */
export const example = (...lines: string[]): string =>
  `\nExamples:\n${lines.map((line) => `  ${medgr2} ${line}`).join('\n')}`;

/** Of the commands that work in a run folder. */
export const redoWords = 'do finished stages again whose data, models or samples changed, and what follows from them';
export const versionWords = 'go on with other versions of medgr2, torch, transformers, … than the run was begun with';
