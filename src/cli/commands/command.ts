/** What every command's declaration is made of. */
import type { Command } from 'commander';
import type { CommandIo } from '../io.js';

/** Declares one command; its implementation is loaded when it runs, so that help and wrong usage are answered at once. */
export type Declare = (program: Command, io: CommandIo) => void;

/** For options that can be given several times. */
export const collect = (value: string, all: string[]): string[] => all.concat(value);

/** The examples at the end of a command's help. */
export const example = (...lines: string[]): string => `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`;
