/** Where the reader judges: the verdicts, the right answer where the proposed one is wrong, and a comment. */
import { useEffect, useRef, useState, type ReactElement, type Ref } from 'react';
import type { ReviewItem, VerdictKind } from '../review-messages.js';
import type { Mark } from './queue-marks.js';
import { verdictWords } from '../review-words.js';

export function VerdictBar({
  verdicts,
  mark,
  onVerdict,
}: {
  verdicts: readonly VerdictKind[];
  mark: Mark | null;
  onVerdict: (verdict: VerdictKind) => void;
}): ReactElement {
  return (
    <div className="verdicts" role="group" aria-label="Your verdict">
      {verdicts.map((verdict) => {
        const { key, label, hint } = verdictWords[verdict];
        return (
          <button
            key={verdict}
            type="button"
            className={verdict}
            aria-pressed={mark?.verdict === verdict}
            title={hint}
            onClick={() => onVerdict(verdict)}
          >
            {label} <kbd aria-hidden="true">{key.toUpperCase()}</kbd>
          </button>
        );
      })}
    </div>
  );
}

/** @returns The options that can be the right one, in the order of their digits. */
export const otherOptions = ({ options, answer }: ReviewItem): string[] =>
  options.filter((option) => option !== answer);

export function Correction({
  item,
  onCorrect,
  onCancel,
}: {
  item: ReviewItem;
  /** Null: wrong, but the right one is not among them or not known. */
  onCorrect: (answer: string | null) => void;
  onCancel: () => void;
}): ReactElement {
  const first = useRef<HTMLButtonElement & HTMLInputElement>(null);
  const [typed, setTyped] = useState('');
  useEffect(() => first.current?.focus(), []);
  const others = otherOptions(item);
  return (
    <fieldset className="correction">
      <legend>Which answer is right?</legend>
      {others.length > 0 ? (
        others.map((option, at) => (
          <button key={option} type="button" ref={at === 0 ? first : null} onClick={() => onCorrect(option)}>
            {at < 9 && <kbd aria-hidden="true">{at + 1}</kbd>} <span dir="auto">{option}</span>
          </button>
        ))
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (typed.trim() !== '') onCorrect(typed.trim());
          }}
        >
          <label>
            The right answer
            <input
              ref={first}
              value={typed}
              maxLength={2000}
              onChange={(event) => setTyped(event.target.value)}
              onKeyDown={(event) => {
                if (event.key === 'Escape') onCancel();
              }}
            />
          </label>
          <button type="submit" disabled={typed.trim() === ''}>
            Send
          </button>
        </form>
      )}
      <button type="button" onClick={() => onCorrect(null)}>
        {others.length > 0 && <kbd aria-hidden="true">0</kbd>} {others.length > 0 ? 'None of these, or' : ''} I do not
        know
      </button>
      <button type="button" onClick={onCancel}>
        <kbd aria-hidden="true">Esc</kbd> Back
      </button>
    </fieldset>
  );
}

export function CommentField({
  value,
  onChange,
  ref,
}: {
  value: string;
  onChange: (comment: string) => void;
  ref: Ref<HTMLTextAreaElement>;
}): ReactElement {
  return (
    <label className="comment">
      <span>
        Comment <kbd aria-hidden="true">C</kbd>{' '}
        <span className="name">goes with your verdict; Esc leaves the field</span>
      </span>
      <textarea
        ref={ref}
        rows={1}
        maxLength={4000}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') event.currentTarget.blur();
        }}
      />
    </label>
  );
}
