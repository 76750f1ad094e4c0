/** How the rows of a terminal are shared out: the panel gets what is left, the table and the log what they need. */

export interface Layout {
  panel: number;
  table: number;
  log: number;
}

/** Width of a second panel beside the first; 0 where there is no room for one. */
export const secondWidth = (columns: number): number => (columns >= 150 ? 62 : 0);

/** Terminals of fewer columns get shorter words. */
export const narrow = 80;

/** Lines that are always there: header, headline, three for the ring, keys. */
const fixed = 6;
/** Header, headline, keys. */
const fixedOfGrid = 3;
/** A panel below this cannot show its chart. */
const leastPanel = 9;

/** What a person opened over the panels, help or an image, has their rows and those of table and log. */
export const overlayRows = (rows: number, compares = false): number =>
  Math.max(3, rows - (compares ? fixedOfGrid : fixed));

/** Of a comparison: the grid takes what it needs, as long as a panel is left. */
export function gridLayoutOf(rows: number, gridRows: number, wanted: number | null = null): Layout {
  const free = Math.max(0, rows - fixedOfGrid);
  const log = free >= 30 ? 8 : free >= 20 ? 3 : 0;
  const fits = Math.max(0, Math.min(gridRows, free - log - leastPanel));
  const table = fits < 2 ? 0 : fits;
  return closedUp({ panel: Math.max(3, free - log - table), table, log }, wanted);
}

/** The log gets what a panel has nothing for. @param wanted Lines that fill the panel; null where it fills whatever it gets. */
function closedUp(layout: Layout, wanted: number | null): Layout {
  const spare = wanted === null || layout.log === 0 ? 0 : Math.max(0, layout.panel - wanted - frameRows);
  return { ...layout, panel: layout.panel - spare, log: layout.log + spare };
}

/** Border, title, and the sentence about the stage. */
const frameRows = 4;

/**
 * @param cycleRows Rows of the table of cycles without its header.
 * @param wanted As of `closedUp`.
 */
export function layoutOf(rows: number, cycleRows: number, wanted: number | null = null): Layout {
  const free = Math.max(0, rows - fixed);
  const wantedTable = Math.min(cycleRows + 1, rows >= 40 ? 12 : 5);
  const log = free >= 30 ? 8 : free >= 20 ? 3 : free >= 13 ? 1 : 0;
  const fits = Math.max(0, Math.min(wantedTable, free - log - leastPanel));
  // A header alone tells nothing.
  const table = fits < 2 ? 0 : fits;
  return closedUp({ panel: Math.max(3, free - log - table), table, log }, wanted);
}
