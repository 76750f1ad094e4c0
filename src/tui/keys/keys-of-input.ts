/** What was pressed, key by key: a terminal that is busy hands several over as one text. */
import type { Key } from 'ink';

/** `next` and `before` are tab and shift-tab; others are as they are typed. */
export type Pressed = 'next' | 'before' | 'escape' | (string & {});

// eslint-disable-next-line no-control-regex -- keys are control characters
const keys = /\u001b?\[Z|\u001b|[^\u001b]/gu;

/** Ctrl-C is `q`. In one burst that counts once: a key held down asks for no second, harder stop. */
export function keysOf(input: string, key: Pick<Key, 'tab' | 'shift' | 'escape' | 'ctrl'>): Pressed[] {
  if (key.tab) return [key.shift ? 'before' : 'next'];
  if (key.escape) return ['escape'];
  if (key.ctrl) return input === 'c' ? ['q'] : [];
  const pressed = (input.match(keys) ?? []).map(named);
  return pressed.filter((one, index) => one !== 'q' || pressed.indexOf('q') === index);
}

function named(text: string): Pressed {
  if (text === '\t') return 'next';
  if (text.endsWith('[Z')) return 'before';
  if (text === '\u0003') return 'q';
  return text === '\u001b' ? 'escape' : text;
}
