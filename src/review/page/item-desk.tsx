/** One sample on the desk: its image at one side, at the other what is judged and the verdict. */
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState, type ReactElement } from 'react';
import type { ReviewItem, VerdictKind } from '../review-messages.js';
import { queries } from './desk-client.js';
import { ImageViewer, type ImageHandle } from './image-viewer.js';
import { Keys, type KeyBinding } from './keyboard.js';
import { recall, remember } from './page-storage.js';
import { Waiting } from './progress-panel.js';
import type { Mark } from './queue-marks.js';
import { verdictWords } from '../review-words.js';
import { SampleCard } from './sample-card.js';
import { CommentField, Correction, otherOptions, VerdictBar } from './verdict-bar.js';

export interface Judgement {
  verdict: VerdictKind;
  /** What was judged. */
  seen: string;
  correctedAnswer?: string;
  comment?: string;
  seconds: number;
  scoreSeen: boolean;
}

export function ItemDesk({
  id,
  mark,
  verdicts,
  reader,
  moves,
  onJudge,
}: {
  id: string;
  mark: Mark | null;
  verdicts: readonly VerdictKind[];
  reader: string;
  moves: readonly KeyBinding[];
  onJudge: (judgement: Judgement) => void;
}): ReactElement {
  const { data: item, error, failureReason } = useQuery(queries.item(id, reader));
  const [choosing, setChoosing] = useState(false);
  const image = useRef<ImageHandle>(null);
  const commentField = useRef<HTMLTextAreaElement>(null);
  const draft = `draft:${reader}:${id}`;
  const [comment, setComment] = useState(() => recall(draft) ?? mark?.comment ?? '');
  const seen = useSeen(item?.image);
  const seconds = useSeconds(seen);

  const send = (verdict: VerdictKind, correctedAnswer: string | null = null): void => {
    // Nobody judges what was not on the screen yet.
    if (item === undefined || !seen) return;
    remember(draft, null);
    onJudge({
      verdict,
      seen: item.seen,
      ...(correctedAnswer === null ? {} : { correctedAnswer }),
      ...(comment.trim() === '' ? {} : { comment: comment.trim() }),
      seconds: seconds(),
      scoreSeen: item.rewardScore !== null,
    });
  };
  const judge = (verdict: VerdictKind): void => {
    if (verdict === 'wrong-answer') setChoosing(seen);
    else send(verdict);
  };
  const bindings: KeyBinding[] = [
    ...(choosing && item !== undefined
      ? [
          ...otherOptions(item)
            .slice(0, 9)
            .map((option, at) => ({
              keys: [String(at + 1)],
              label: `Right is: ${option}`,
              act: () => send('wrong-answer', option),
              always: true,
            })),
          { keys: ['0'], label: 'Wrong; the right answer is not there', act: () => send('wrong-answer'), always: true },
          { keys: ['Escape'], label: 'Back to the verdicts', act: () => setChoosing(false), always: true },
        ]
      : verdicts.map((verdict) => ({
          keys: [verdictWords[verdict].key],
          label: verdictWords[verdict].label,
          act: () => judge(verdict),
        }))),
    { keys: ['c'], label: 'Comment', act: () => commentField.current?.focus() },
    ...moves,
    // Read when a key is pressed, not while rendering.
    // oxlint-disable-next-line react/refs
    ...imageKeys((act) => image.current && act(image.current)),
  ];

  return (
    <div className="two-sides">
      {item === undefined ? <div className="viewer" aria-busy="true" /> : <ImageViewer item={item} ref={image} />}
      <div className="side">
        <div className="reading">
          {item === undefined ? (
            <Waiting what="The sample is fetched" error={error ?? failureReason} />
          ) : (
            <SampleCard item={item} />
          )}
          {mark !== null && (
            <p className="judged">
              Your verdict: <b>{verdictWords[mark.verdict].label}</b>
              {mark.correctedAnswer !== undefined && `, right is “${mark.correctedAnswer}”`}. Another one takes its
              place.
            </p>
          )}
        </div>
        <CommentField
          ref={commentField}
          value={comment}
          onChange={(text) => {
            setComment(text);
            remember(draft, text === '' ? null : text);
          }}
        />
        <div className="bar" aria-busy={!seen}>
          {choosing && item !== undefined ? (
            <Correction
              item={item}
              onCorrect={(answer) => send('wrong-answer', answer)}
              onCancel={() => setChoosing(false)}
            />
          ) : (
            <VerdictBar verdicts={verdicts} mark={mark} onVerdict={judge} />
          )}
        </div>
        <Keys bindings={bindings} />
      </div>
    </div>
  );
}

function imageKeys(on: (act: (image: ImageHandle) => void) => void): KeyBinding[] {
  const pan = 0.2;
  const shade = 0.02;
  const panTo = (right: number, down: number) => () => on((image) => image.panBy(right * pan, down * pan));
  const shadeTo = (level: number, width: number) => () => on((image) => image.windowBy(level * shade, width * shade));
  return [
    { keys: ['+', '='], label: 'Zoom in', act: () => on((image) => image.zoomBy(1.5)) },
    { keys: ['-'], label: 'Zoom out', act: () => on((image) => image.zoomBy(1 / 1.5)) },
    { keys: ['Shift+ArrowLeft'], label: 'Image: left', act: panTo(-1, 0), always: true },
    { keys: ['Shift+ArrowRight'], label: 'Image: right', act: panTo(1, 0), always: true },
    { keys: ['Shift+ArrowUp'], label: 'Image: up', act: panTo(0, -1), always: true },
    { keys: ['Shift+ArrowDown'], label: 'Image: down', act: panTo(0, 1), always: true },
    { keys: ['l'], label: 'Lighter (level down)', act: shadeTo(-1, 0) },
    { keys: ['d'], label: 'Darker (level up)', act: shadeTo(1, 0) },
    { keys: ['m'], label: 'More contrast (narrower window)', act: shadeTo(0, -1) },
    { keys: ['f'], label: 'Flatter (wider window)', act: shadeTo(0, 1) },
    { keys: ['z'], label: 'Image as it was', act: () => on((image) => image.reset()) },
  ];
}

/** The image is there, or known not to come. */
function useSeen(image: ReviewItem['image'] | undefined): boolean {
  const { status } = useQuery({ ...queries.picture(image ?? { path: '', bits: 8 }), enabled: image !== undefined });
  return status !== 'pending';
}

/** Seconds that the sample was on the screen; those in which the page was hidden are none of them. */
function useSeconds(seen: boolean): () => number {
  const spent = useRef({ before: 0, since: Number.NaN });
  useEffect(() => {
    const now = spent.current;
    const follow = (): void => {
      const runs = seen && document.visibilityState === 'visible';
      if (!Number.isNaN(now.since)) now.before += performance.now() - now.since;
      now.since = runs ? performance.now() : Number.NaN;
    };
    follow();
    document.addEventListener('visibilitychange', follow);
    return () => document.removeEventListener('visibilitychange', follow);
  }, [seen]);
  return () => {
    const { before, since } = spent.current;
    const all = before + (Number.isNaN(since) ? 0 : performance.now() - since);
    return Math.round(all / 100) / 10;
  };
}
