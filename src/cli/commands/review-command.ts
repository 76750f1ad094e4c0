/** `medgr2 review`: serves the review desk until it is stopped, and says what the verdicts came to. No logic of its own. */
import { once } from 'node:events';
import { medgr2, shellWord } from '../../called-as.js';
import { ConfigError } from '../../errors.js';
import { reviewSummary } from '../../loop/review/review-summary.js';
import { verdictDamage } from '../../loop/review/verdict-file.js';
import { reviewLines } from '../../loop/review/review-text.js';
import type { ExchangeFormat } from '../../review/exchange/exchange-review.js';
import type { CommandIo } from '../command-io.js';
import { expectOneRun } from '../run-state.js';

export interface ReviewCommand {
  size?: number;
  cycle?: number;
  seed?: number;
  showScores?: boolean;
  port?: number;
  listen?: string;
  tlsCert?: string;
  tlsKey?: string;
  egressReason?: string;
  export?: ExchangeFormat;
  import?: ExchangeFormat;
  /** The file that is exported to or imported from. */
  exchanged?: string | undefined;
  json?: boolean;
}

export async function reviewCommand(folder: string, command: ReviewCommand, io: CommandIo): Promise<void> {
  const { size, cycle, seed, showScores, port, listen, tlsCert, tlsKey, json = false } = command;
  const runDir = expectOneRun(folder);
  if (await exchangeInstead(runDir, command, io)) return;
  expectConsent(command);
  const { openDesk } = await import('../../review/review-desk.js');
  const { serveReview } = await import('../../review/serve-review.js');
  const { builtPage } = await import('../../review/built-page.js');
  using desk = await openDesk(runDir, { size, cycle, seed, showScores });
  const tls = tlsCert === undefined || tlsKey === undefined ? undefined : { cert: tlsCert, key: tlsKey };
  const server = await serveReview(desk, { pageDir: await builtPage(), port, listen, tls });
  const { drawn } = desk;
  const damage = verdictDamage(runDir);
  if (damage !== null) io.error(`warning: ${damage}`);
  if (json) {
    io.out(JSON.stringify({ type: 'listening', url: server.url, cycle: drawn.cycle, samples: drawn.items.length }));
  } else {
    io.out(`${drawn.items.length} samples of cycle ${drawn.cycle} to judge: ${server.url}`);
    io.error(
      'Open it in a browser; whoever has the address can judge, several readers at once. Ctrl-C closes the desk.',
    );
    if (listen === undefined)
      io.error(
        `From another machine: ssh -L ${server.port}:127.0.0.1:${server.port} <this machine>, then the same address.`,
      );
  }
  if (!io.signal.aborted) await once(io.signal, 'abort');
  await server.close();
  const summary = reviewSummary(runDir);
  if (json) {
    io.out(JSON.stringify({ type: 'closed', summary }));
    return;
  }
  const next = `${medgr2} run <its configuration> --run-dir ${shellWord(folder)} --with-verdicts`;
  io.out(
    summary === null
      ? 'nothing was judged'
      : [...reviewLines(summary), `The next cycle learns from the verdicts: ${next}`].join('\n'),
  );
}

/** @returns Whether a file was written or read, and no page is to be served. */
async function exchangeInstead(runDir: string, command: ReviewCommand, io: CommandIo): Promise<boolean> {
  const { size, cycle, seed, exchanged: file, json = false } = command;
  const format = command.export ?? command.import;
  if ((format === undefined) !== (file === undefined) || (command.export !== undefined && command.import !== undefined))
    throw new ConfigError('exchange-incomplete', '--export or --import, and the file after it, go together', {
      remedy: `For example: ${medgr2} review RUN --export label-studio queue.json`,
    });
  if (format === undefined || file === undefined) return false;
  const { exportReview, importReview } = await import('../../review/exchange/exchange-review.js');
  const options = { size, cycle, seed, format, file };
  if (command.export !== undefined) {
    const written = await exportReview(runDir, options);
    const { samples, leftOut, images, interfaceFile } = written;
    io.out(
      json
        ? JSON.stringify({ type: 'exported', ...written })
        : `${samples} samples in ${file}, their images in ${images}`,
    );
    if (leftOut > 0) io.error(`note: ${leftOut} samples are left out because their images may name a patient`);
    if (interfaceFile !== null) io.error(`the labelling interface to set up there: ${interfaceFile}`);
    return true;
  }
  const { taken, known, refused } = await importReview(runDir, options);
  io.out(
    json
      ? JSON.stringify({ type: 'imported', taken, known, refused })
      : `${taken} verdicts taken in, ${known} were there before`,
  );
  for (const { item, reason } of refused) io.error(`note: not taken in, of sample ${item}: ${reason}`);
  return true;
}

/** Images of the run would be seen from other machines. */
function expectConsent({ listen, egressReason, tlsCert, tlsKey }: ReviewCommand): void {
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw new ConfigError('certificate-incomplete', '--tls-cert and --tls-key go together', {
      remedy: 'Give both, or neither.',
    });
  if (listen === undefined || ['127.0.0.1', 'localhost', '::1'].includes(listen)) return;
  if (tlsCert !== undefined && (egressReason ?? '').trim() === '')
    throw new ConfigError('listen-without-consent', `images would leave this machine by --listen ${listen}`, {
      remedy: 'Say why they may with --egress-reason, or leave --listen out and come by ssh -L.',
    });
}
