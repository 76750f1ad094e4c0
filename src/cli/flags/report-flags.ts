/** `medgr2 report` and `medgr2 review`. */
import { InvalidArgumentError, Option } from 'commander';
import type { ExchangeFormat } from '../../review/exchange/exchange-review.js';
import type { ReviewCommand } from '../commands/review-command.js';
import { example, type Declare } from './declare-command.js';

interface ReportFlags {
  out?: string;
  images: boolean;
  json?: boolean;
}

export const declareReport: Declare = (program, io) => {
  program
    .command('report <run...>')
    .description(
      'one HTML page from run folders: it needs no network; several runs stand side by side, all samples in pages beside it',
    )
    .option('--out <file>', 'where to write it (default: report.html in the run folder; here for several runs)')
    .option('--no-images', 'leave out the images of the samples, for data that may not leave its place')
    .option('--json', 'print one JSON object on stdout, and nothing else')
    .addHelpText(
      'after',
      example('report runs/demo-0', 'report runs/demo-0 runs/demo-1 --out compared.html --no-images'),
    )
    .action(async (runs: string[], flags: ReportFlags) => {
      const { reportCommand } = await import('../commands/report-command.js');
      await reportCommand(runs, flags, io);
    });
};

export const declareReview: Declare = (program, io) => {
  program
    .command('review <run> [exchanged]')
    .description(
      'an expert judges some samples of a run in a browser on this machine: how far D_gen can be trusted, and lessons for the next cycle',
    )
    .option('--size <n>', 'how many samples to ask about (default: 60); a queue is drawn once', wholeFrom(1, 5000))
    .option('--cycle <n>', 'a cycle that was filtered (default: the newest)', wholeFrom(1, 1e6))
    .option('--seed <n>', "of the draw (default: the run's own)", wholeFrom(0, 1e9))
    .option('--show-scores', "show R_φ's score before the verdict, which then leans to it")
    .option(
      '--port <n>',
      'where to serve the page (default: the port of the last time, or any free one)',
      wholeFrom(1, 65_535),
    )
    .option('--listen <address>', 'serve other machines, too; needs --tls-cert, --tls-key and --egress-reason')
    .option('--tls-cert <file>', 'certificate, PEM')
    .option('--tls-key <file>', 'its key, PEM')
    .option('--egress-reason <why>', 'why images may leave this machine')
    .addOption(
      new Option('--export <format>', 'write the queue as a file for another tool, with its images beside it').choices(
        exchangeFormats,
      ),
    )
    .addOption(
      new Option('--import <format>', 'take in the verdicts of a file of another tool').choices(exchangeFormats),
    )
    .option('--json', 'print JSON lines on stdout, and nothing else')
    .addHelpText(
      'after',
      example(
        'review runs/demo-0',
        'review runs/demo-0 --cycle 1 --size 100 --port 8700',
        'review runs/demo-0 --export label-studio queue.json',
      ),
    )
    .action(async (run: string, exchanged: string | undefined, flags: ReviewCommand) => {
      const { reviewCommand } = await import('../commands/review-command.js');
      await reviewCommand(run, { ...flags, exchanged }, io);
    });
};

const exchangeFormats: readonly ExchangeFormat[] = ['label-studio', 'argilla'];

const wholeFrom =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
