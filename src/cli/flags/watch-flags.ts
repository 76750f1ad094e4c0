/** `medgr2 runs`, `medgr2 watch`, `medgr2 status` and `medgr2 stop`. */
import { InvalidArgumentError } from 'commander';
import { example, type Declare } from './declare-command.js';

interface WatchFlags {
  replay?: number | true;
  json?: boolean;
  plain?: boolean;
}

export const declareWatch: Declare = (program, io) => {
  program
    .command('watch <run>')
    .description('show a run from its folder: while it goes, after it ended, or played back; any number at once')
    .option('--replay [speed]', 'play it back, so many times as fast as it went (default: 20)', speedOf)
    .option('--plain', 'lines instead of the screen')
    .option('--json', 'print its events as JSON lines on stdout, and nothing else')
    .addHelpText('after', example('watch runs/demo-0', 'watch runs/demo-0 --replay 60'))
    .action(async (folder: string, { replay, json, plain }: WatchFlags) => {
      const { watchCommand } = await import('../commands/watch-command.js');
      const speed = replay === undefined ? null : replay === true ? 20 : replay;
      await watchCommand({ folder, replay: speed, json: json === true, plain: plain === true }, io);
    });
};

export const declareStatus: Declare = (program, io) => {
  program
    .command('status <run>')
    .description('how far a run is, in a few lines')
    .option('--json', 'print one JSON object on stdout, and nothing else')
    .addHelpText('after', example('status runs/demo-0', 'status runs/demo-0 --json | jq .secondsLeft'))
    .action(async (folder: string, { json }: { json?: boolean }) => {
      const { statusCommand } = await import('../commands/status-command.js');
      await statusCommand(folder, json === true, io);
    });
};

export const declareStop: Declare = (program, io) => {
  program
    .command('stop <run>')
    .description(
      'stop a run, wherever it was started: a training saves its checkpoint, replies that came are kept; the run can be continued',
    )
    .option('--after-stage', 'let the stage at work end first')
    .addHelpText('after', example('stop runs/demo-0', 'stop runs/demo-0 --after-stage'))
    .action(async (folder: string, { afterStage }: { afterStage?: boolean }) => {
      const { stopCommand } = await import('../commands/stop-command.js');
      await stopCommand(folder, afterStage === true, io);
    });
};

export const declareRuns: Declare = (program, io) => {
  program
    .command('runs [folder]')
    .description('the runs of a folder (default: runs), newest first, each with its state and what it came to')
    .option('--json', 'print one JSON list on stdout, and nothing else')
    .addHelpText('after', example('runs', 'runs experiments --json | jq .[0].headline'))
    .action(async (folder: string | undefined, { json }: { json?: boolean }) => {
      const { runsCommand } = await import('../commands/runs-command.js');
      await runsCommand(folder ?? 'runs', json === true, io);
    });
};

function speedOf(text: string): number {
  const speed = Number(text);
  if (!(speed > 0 && Number.isFinite(speed))) throw new InvalidArgumentError('It must be a number above 0.');
  return speed;
}
