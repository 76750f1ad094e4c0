/** `medgr2 report`. */
import { example, type Declare } from './declare-command.js';

interface ReportFlags {
  out?: string;
  images: boolean;
}

export const declareReport: Declare = (program, io) => {
  program
    .command('report <run...>')
    .description(
      'one HTML page from run folders: it needs no network; several runs stand side by side, all samples in pages beside it',
    )
    .option('--out <file>', 'where to write it (default: report.html in the run folder; here for several runs)')
    .option('--no-images', 'leave out the images of the samples, for data that may not leave its place')
    .addHelpText(
      'after',
      example('report runs/demo-0', 'report runs/demo-0 runs/demo-1 --out compared.html --no-images'),
    )
    .action(async (runs: string[], flags: ReportFlags) => {
      const { reportCommand } = await import('../commands/report-command.js');
      await reportCommand(runs, flags, io);
    });
};
