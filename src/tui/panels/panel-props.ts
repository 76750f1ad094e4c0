/** What every panel is given. */
import type { ScreenState } from '../state.js';

export interface PanelProps {
  state: ScreenState;
  /** Cells within the frame. */
  width: number;
  height: number;
}

/** Two columns where there is room for them: a chart at the left, figures at the right. */
export function splitWidth(width: number, right: number): { left: number; right: number } {
  return { left: Math.max(20, width - right - 2), right };
}
