/** The newest of what comes fast, for people to read. */
import { useEffect, useRef, useState } from 'react';

/** Least time that one is shown. */
const readableMs = 1500;

/** However fast they come, one stays long enough to be read, and for its image to be drawn. */
export function useUnhurried<T>(newest: T | null): T | null {
  const [shown, setShown] = useState(newest);
  const since = useRef(0);
  useEffect(() => {
    const show = (): void => {
      since.current = performance.now();
      setShown(newest);
    };
    const rest = shown === null || newest === null ? 0 : since.current + readableMs - performance.now();
    if (newest === shown) return undefined;
    if (rest > 0) {
      const timer = setTimeout(show, rest);
      return () => clearTimeout(timer);
    }
    show();
    return undefined;
  }, [newest, shown]);
  return shown;
}
