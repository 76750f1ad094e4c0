/** The image, to be enlarged, moved and windowed by mouse, touch, pen and keys. Zoom and movement are d3-zoom's. */
import { useQuery } from '@tanstack/react-query';
import { select } from 'd3-selection';
import { zoom, zoomIdentity, type D3ZoomEvent } from 'd3-zoom';
import {
  useEffect,
  useImperativeHandle,
  useRef,
  useState,
  type PointerEvent,
  type ReactElement,
  type Ref,
} from 'react';
import type { ReviewItem } from '../review-messages.js';
import { sentence } from '../review-words.js';
import { queries } from './desk-client.js';
import { shifted, windowed, type GreyWindow, type Picture } from './picture-pixels.js';

/** What keys and buttons do to the image. */
export interface ImageHandle {
  zoomBy: (factor: number) => void;
  /** In shares of what is seen. */
  panBy: (right: number, down: number) => void;
  /** In shares of the range of values. */
  windowBy: (level: number, width: number) => void;
  reset: () => void;
}

/** A drag over this many pixels goes through the whole range. */
const dragRange = 512;

export function ImageViewer({ item, ref }: { item: ReviewItem; ref?: Ref<ImageHandle> }): ReactElement {
  const { data: picture, error } = useQuery(queries.picture(item.image));
  if (error !== null)
    return (
      <div className="viewer">
        <p className="no-image" role="alert">
          The image cannot be shown. {sentence(error.message)} If it is damaged, judge it as unusable.
        </p>
      </div>
    );
  if (picture === undefined) return <div className="viewer" aria-busy="true" />;
  return <PictureViewer key={item.image.path} picture={picture} modality={item.modality} ref={ref} />;
}

function PictureViewer({
  picture,
  modality,
  ref,
}: {
  picture: Picture;
  modality: string;
  ref: Ref<ImageHandle> | undefined;
}): ReactElement {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [shown, setShown] = useState<GreyWindow>(picture.first);
  /** Drags change the window instead of moving the image. */
  const [windowing, setWindowing] = useState(false);
  const frame = useRef<HTMLDivElement>(null);
  const zoomed = useRef<Zoom>(null);
  useEffect(() => {
    if (frame.current === null || canvas.current === null) return;
    const made = zoomOf(frame.current, canvas.current);
    zoomed.current = made;
    return made.end;
  }, []);
  useDrawing(canvas, picture, shown);

  const windowBy = (level: number, width: number): void =>
    setShown((before) => shifted(before, picture.most, level, width));
  const drag = useWindowDrag(windowing, windowBy);
  const handle: ImageHandle = {
    zoomBy: (factor) => zoomed.current?.zoomBy(factor),
    panBy: (right, down) => zoomed.current?.panBy(right, down),
    windowBy,
    reset: () => {
      zoomed.current?.reset();
      setShown(picture.first);
    },
  };
  useImperativeHandle(ref, () => handle);
  return (
    <figure className="viewer">
      <div
        className="frame"
        data-drag={windowing ? 'window' : 'image'}
        ref={frame}
        {...drag}
        onContextMenu={(event) => event.preventDefault()}
      >
        <canvas
          ref={canvas}
          width={picture.width}
          height={picture.height}
          role="img"
          aria-label={`${modality} image that the question is about, ${picture.width} by ${picture.height} pixels`}
        />
      </div>
      <figcaption className="image-tools">
        <div className="tool-buttons">
          <button type="button" aria-label="Zoom in" onClick={() => handle.zoomBy(1.5)}>
            +
          </button>
          <button type="button" aria-label="Zoom out" onClick={() => handle.zoomBy(1 / 1.5)}>
            −
          </button>
          <button type="button" aria-pressed={windowing} onClick={() => setWindowing(!windowing)}>
            Window
          </button>
          <button type="button" onClick={handle.reset}>
            Reset
          </button>
        </div>
        {windowing && <WindowSliders shown={shown} most={picture.most} onChange={setShown} />}
      </figcaption>
    </figure>
  );
}

function WindowSliders({
  shown: { low, high },
  most,
  onChange,
}: {
  shown: GreyWindow;
  most: number;
  onChange: (window: GreyWindow) => void;
}): ReactElement {
  const level = Math.round((low + high) / 2);
  const width = Math.round(high - low);
  const around = (middle: number, whole: number): GreyWindow => ({ low: middle - whole / 2, high: middle + whole / 2 });
  return (
    <div className="sliders">
      <label>
        Level <output>{level}</output>
        <input
          type="range"
          min={0}
          max={most}
          value={level}
          onChange={(event) => onChange(around(event.target.valueAsNumber, width))}
        />
      </label>
      <label>
        Width <output>{width}</output>
        <input
          type="range"
          min={Math.ceil(most / 512)}
          max={most}
          value={width}
          onChange={(event) => onChange(around(level, event.target.valueAsNumber))}
        />
      </label>
      {most > 255 && (
        <button type="button" onClick={() => onChange({ low: 0, high: most })}>
          As the model reads it
        </button>
      )}
    </div>
  );
}

function useDrawing(canvas: React.RefObject<HTMLCanvasElement | null>, picture: Picture, shown: GreyWindow): void {
  useEffect(() => {
    // Once a frame, however often a drag tells.
    const next = requestAnimationFrame(() => {
      const pixels = new ImageData(windowed(picture, shown), picture.width, picture.height);
      canvas.current?.getContext('2d')?.putImageData(pixels, 0, 0);
    });
    return () => cancelAnimationFrame(next);
  }, [canvas, picture, shown]);
}

/** What d3-zoom does to a frame and the canvas in it, until `end`. */
interface Zoom extends Pick<ImageHandle, 'zoomBy' | 'panBy' | 'reset'> {
  end: () => void;
}

function zoomOf(frame: HTMLDivElement, canvas: HTMLCanvasElement): Zoom {
  let scale = 1;
  const selection = select<HTMLDivElement, unknown>(frame);
  const behaviour = zoom<HTMLDivElement, unknown>()
    .scaleExtent([1, 40])
    // The image always fills the frame.
    .constrain(({ x, y, k }, [, [width, height]]) =>
      zoomIdentity.translate(between(width * (1 - k), x, 0), between(height * (1 - k), y, 0)).scale(k),
    )
    .filter((event: MouseEvent | TouchEvent | WheelEvent) => {
      if (event.type === 'wheel') return true;
      if ('touches' in event && event.touches.length > 1) return true;
      // One finger on an image that is seen whole scrolls the page.
      if ('touches' in event && scale === 1) return false;
      const window = event.shiftKey || frame.dataset['drag'] === 'window';
      return !window && !('button' in event && event.button !== 0);
    })
    .on('zoom', ({ transform: { x, y, k } }: D3ZoomEvent<HTMLDivElement, unknown>) => {
      scale = k;
      canvas.style.transform = `translate(${x}px, ${y}px) scale(${k})`;
      frame.dataset['enlarged'] = String(k > 1);
    });
  // A second click is often a double one: it shall not enlarge.
  selection.call(behaviour).on('dblclick.zoom', null);
  return {
    zoomBy: (factor) => void selection.call(behaviour.scaleBy, factor),
    panBy: (right, down) =>
      void selection.call(
        behaviour.translateBy,
        (-right * frame.clientWidth) / scale,
        (-down * frame.clientHeight) / scale,
      ),
    reset: () => void selection.call(behaviour.scaleTo, 1),
    end: () => void selection.on('.zoom', null),
  };
}

const between = (low: number, value: number, high: number): number => Math.min(high, Math.max(low, value));

/** To the right: wider. Down: darker, as viewers of clinical images have it. */
function useWindowDrag(windowing: boolean, windowBy: ImageHandle['windowBy']) {
  const dragging = useRef<number | null>(null);
  const end = (): void => {
    dragging.current = null;
  };
  return {
    onPointerDown: (event: PointerEvent<HTMLElement>) => {
      // A second finger means to zoom.
      if (!event.isPrimary) return end();
      if (!windowing && !event.shiftKey && event.button !== 2) return;
      dragging.current = event.pointerId;
      event.currentTarget.setPointerCapture(event.pointerId);
    },
    onPointerMove: (event: PointerEvent<HTMLElement>) => {
      if (dragging.current !== event.pointerId) return;
      windowBy(event.movementY / dragRange, event.movementX / dragRange);
    },
    onPointerUp: end,
    onPointerCancel: end,
  };
}
