/** Keys: what each does, in one list that the page obeys and the `?` window shows. */
import { useEffect, useLayoutEffect, useRef, useState, type ReactElement } from 'react';
import { recall, remember } from './page-storage.js';

export interface KeyBinding {
  /** As `KeyboardEvent.key` has it, letters small; `Shift+` before the names of arrows. */
  keys: readonly string[];
  label: string;
  act: () => void;
  /** Also where one-letter keys are switched off. */
  always?: boolean;
}

/** A letter by its place on the keyboard where the layout has no Latin ones. */
function keyOf(event: KeyboardEvent): string {
  if (event.key.length > 1) return event.shiftKey ? `Shift+${event.key}` : event.key;
  const place = /^Key([A-Z])$/.exec(event.code)?.[1];
  return event.key > '~' && place !== undefined ? place.toLowerCase() : event.key.toLowerCase();
}

/** Text goes to the field it is typed in; sliders and choices need arrows themselves. */
function belongsToField(event: KeyboardEvent): boolean {
  const { target } = event;
  if (target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  if (!(target instanceof HTMLInputElement)) return false;
  return ['range', 'checkbox', 'radio'].includes(target.type) ? event.key.startsWith('Arrow') : true;
}

/** @param singleKeys One letter is enough; a reader who dictates or uses a switch may not want that (WCAG 2.1.4). */
function useKeys(bindings: readonly KeyBinding[], singleKeys: boolean): void {
  // Together with what is on the screen: a key pressed just then would judge the sample before.
  const current = useRef(bindings);
  useLayoutEffect(() => {
    current.current = bindings;
  });
  useLayoutEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || belongsToField(event)) return;
      if (document.querySelector('dialog[open]') !== null) return;
      const key = keyOf(event);
      const binding = current.current.find(({ keys }) => keys.includes(key));
      if (binding === undefined || (!singleKeys && binding.always !== true)) return;
      event.preventDefault();
      // A key that is held down judges once.
      if (!event.repeat || key.includes('Arrow') || ['+', '-', '='].includes(key)) binding.act();
    };
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  }, [singleKeys]);
}

const keyNames: Readonly<Record<string, string>> = {
  ArrowLeft: '←',
  ArrowRight: '→',
  'Shift+ArrowLeft': 'Shift ←',
  'Shift+ArrowRight': 'Shift →',
  'Shift+ArrowUp': 'Shift ↑',
  'Shift+ArrowDown': 'Shift ↓',
};

const keyName = (key: string): string => keyNames[key] ?? key.toUpperCase();

/** Makes the keys work, and shows them on demand. */
export function Keys({ bindings }: { bindings: readonly KeyBinding[] }): ReactElement {
  const [open, setOpen] = useState(false);
  const [singleKeys, setSingleKeys] = useState(() => recall('single-keys') !== 'off');
  const all = [...bindings, { keys: ['?'], label: 'This list', act: () => setOpen(true), always: true }];
  useKeys(all, singleKeys);
  return (
    <>
      <button type="button" className="plain" onClick={() => setOpen(true)}>
        All keys <kbd aria-hidden="true">?</kbd>
      </button>
      {open && (
        <KeysDialog
          bindings={all}
          singleKeys={singleKeys}
          onSingleKeys={(on) => {
            remember('single-keys', on ? null : 'off');
            setSingleKeys(on);
          }}
          onClose={() => setOpen(false)}
        />
      )}
    </>
  );
}

function KeysDialog({
  bindings,
  singleKeys,
  onSingleKeys,
  onClose,
}: {
  bindings: readonly KeyBinding[];
  singleKeys: boolean;
  onSingleKeys: (on: boolean) => void;
  onClose: () => void;
}): ReactElement {
  const dialog = useRef<HTMLDialogElement>(null);
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
    // The first control stands at the end: the list would open scrolled past itself.
    title.current?.focus();
  }, []);
  return (
    <dialog ref={dialog} aria-labelledby="keys-title" onClose={onClose}>
      <h2 id="keys-title" ref={title} tabIndex={-1}>
        Keys
      </h2>
      <dl className="keys">
        {bindings.map(({ keys, label }) => (
          <div key={label}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{keyName(key)}</kbd>
              ))}
            </dt>
            <dd>{label}</dd>
          </div>
        ))}
        <div>
          <dt>
            <kbd>Shift</kbd> drag
          </dt>
          <dd>Window and level; also with the right button</dd>
        </div>
      </dl>
      <label className="check">
        <input type="checkbox" checked={singleKeys} onChange={(event) => onSingleKeys(event.target.checked)} />
        One key is enough (switch off if you dictate, or press keys by accident)
      </label>
      <button type="button" onClick={() => dialog.current?.close()}>
        Close
      </button>
    </dialog>
  );
}
