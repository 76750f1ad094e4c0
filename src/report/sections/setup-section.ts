/** What each run was made with: versions, machine, and the whole configuration. */
import type { RunFigures } from '../data/run-figures.js';
import type { RunRecord } from '../data/run-record.js';
import { html, type Markup } from '../markup.js';
import { tableOf } from '../html-table.js';
import { sideBySide, type Section } from './section.js';

export function setup(runs: readonly RunFigures[]): Section {
  return {
    id: 'setup',
    title: 'Made with',
    body: sideBySide(
      runs,
      runs.map(({ run }) => setupOf(run)),
    ),
  };
}

function setupOf(run: RunRecord): Markup {
  const { environment, configText } = run;
  const system = environment?.system;
  const rows: (readonly [string, string | null | undefined])[] = [
    ['begun', run.events[0]?.time],
    ['last event', run.events.at(-1)?.time],
    ['medgr2', environment?.medgr2],
    [
      'commit',
      environment?.git === null || environment?.git === undefined
        ? null
        : `${environment.git.commit}${environment.git.changed ? ', changed' : ''}`,
    ],
    ['Node', environment?.node],
    ['Python', environment?.python?.version],
    ...Object.entries(environment?.python?.packages ?? {}),
    [
      'machine',
      system === undefined
        ? null
        : `${system.platform} ${system.arch}, ${system.cpu}, ${system.cores} cores, ${system.memoryGiB} GiB`,
    ],
    ['GPUs', environment === null ? null : environment.gpus.length === 0 ? 'none' : environment.gpus.join('; ')],
  ];
  const known = rows.filter(([, value]) => value !== null && value !== undefined);
  return html`${tableOf({ head: ['what', 'value'], rows: known }, `What ${run.name} was made with`)}${
    configText === null
      ? null
      : html`<details>
          <summary>config.yaml</summary>
          <pre tabindex="0">${configText}</pre>
        </details>`
  }`;
}
