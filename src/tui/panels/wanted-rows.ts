/** How many lines a panel fills that has little to say yet: the rows that it leaves go to the log. */
import { loopLineCount } from '../parts/loop-lines.js';
import type { PanelName } from './panel-names.js';
import type { ScreenState } from '../state/screen-state.js';
import { policiesRows } from './evaluation-panel.js';

/** Null where a panel fills whatever it gets: charts grow, and so do images. @param width Cells within the frame. */
export function wantedRows(state: ScreenState, name: PanelName, width: number): number | null {
  const { current, place, rewardModel, sft, grpo, generating, scoring, rows, grid } = state;
  if (place === null) return loopLineCount;
  switch (name) {
    case 'generate':
      return generating === null ? 1 : generating.newest === null ? 9 : null;
    case 'reward model':
      return current?.stage === 'prepare-data' || current?.stage === 'grade' ? 1 : rewardModel === null ? 5 : null;
    case 'filter':
      return scoring === null && rows.every(({ candidates }) => candidates === null) ? 1 : null;
    case 'SFT':
      return sft === null ? 1 : null;
    case 'GRPO':
      return current?.stage === 'headroom' ? 3 : grpo === null ? 2 : null;
    case 'evaluation':
      if (grid !== null) return grid.arms.length + 2;
      return policiesRows(state, width);
  }
}
