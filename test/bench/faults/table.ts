/** The outcomes of all trials as a table: fault x {trials, same, clear stop, else}, and what each costs to recover. */
import type { TrialOutcome } from './acts/perform.js';

const heads = ['fault', 'trials', 'same', 'clear stop', 'else', 'skipped', 'seconds beyond undisturbed'];

/** Markdown; kinds in the order of the catalogue, the sum last. */
export function outcomeTable(outcomes: readonly TrialOutcome[], kinds: readonly string[]): string {
  const rows = kinds
    .map((kind) =>
      rowOf(
        kind,
        outcomes.filter((outcome) => outcome.kind === kind),
      ),
    )
    .filter(([, trials]) => trials !== '0');
  const table = [heads, heads.map((_, at) => (at === 0 ? '---' : '---:')), ...rows, rowOf('all', outcomes)];
  return table.map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}

function rowOf(name: string, outcomes: readonly TrialOutcome[]): string[] {
  const counts = (['same', 'clear stop', 'else', 'skipped'] as const).map(
    (result) => outcomes.filter((outcome) => outcome.result === result).length,
  );
  const costs = outcomes.filter(({ result }) => result !== 'skipped').map(({ beyond }) => Math.max(0, beyond));
  return [name, String(outcomes.length), ...counts.map(String), spanOf(costs)];
}

/** Median, and the most where there are several. */
function spanOf(seconds: readonly number[]): string {
  const sorted = seconds.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)];
  if (median === undefined) return '';
  return sorted.length === 1 ? median.toFixed(1) : `${median.toFixed(1)} (at most ${sorted.at(-1)?.toFixed(1)})`;
}

/** What went wrong in one trial, and the command that does exactly this trial again. */
export function describeElse({ id, configuration, detail }: TrialOutcome, repeat: string): string {
  return `ELSE ${id} (${configuration})\n  ${detail.replaceAll('\n', '\n  ')}\n  again: ${repeat} --only ${id}\n`;
}
