/**
 * The screen's colours by what they mean. Nobody told us the terminal's background, so each is half-way between black and
 * white in brightness and readable on both, also as the nearest of 256 colours. Terminals of 16 colours have none like
 * that; they get their own, and their own dim for what matters less.
 */
import { Text, type TextProps } from 'ink';
import { createContext, useContext, type ReactElement } from 'react';

export const midtones = {
  faint: '#767676',
  good: '#007f00',
  bad: '#e01919',
  note: '#7f4ce5',
  measure: '#007f7f',
} as const;
export type Tone = keyof typeof midtones;

const few: Record<Tone, TextProps> = {
  faint: { dimColor: true },
  good: { color: 'green' },
  bad: { color: 'red' },
  note: { color: 'magenta' },
  measure: { color: 'cyan' },
};

/** Whether the terminal has 256 colours or more. */
export const ManyColors = createContext(false);

export function Toned({ tone, ...props }: { tone: Tone } & TextProps): ReactElement {
  const looks = useContext(ManyColors) ? { color: midtones[tone] } : few[tone];
  return <Text {...looks} {...props} />;
}
