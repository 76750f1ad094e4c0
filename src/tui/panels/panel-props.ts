/** What every panel is given. */
import type { ScreenState } from '../state/screen-state.js';

export interface PanelProps {
  state: ScreenState;
  /** Cells within the frame. */
  width: number;
  height: number;
}

/** A chart below this width shows nothing. */
const leastLeft = 24;

/** Two columns: a chart at the left, and at the right figures, as wide as they like where there is room. */
export function splitWidth(width: number, wanted: number): { left: number; right: number } {
  const left = Math.max(leastLeft, width - wanted - 2);
  return { left, right: Math.max(0, width - left - 2) };
}
