/** `medgr2 doctor`. */
import { collect, example, type Declare } from './declare-command.js';

interface DoctorFlags {
  set: string[];
  online?: boolean;
  json?: boolean;
}

export const declareDoctor: Declare = (program, io) => {
  program
    .command('doctor [config]')
    .description('look whether everything medgr2 needs is there; with a configuration, also what that one needs')
    .option('--online', 'also ask the provider whether it is there and takes the key (sends no image)')
    .option('--set <key=value>', 'change a setting; can be given several times', collect, [])
    .option('--json', 'print one JSON object on stdout, and nothing else')
    .addHelpText('after', example('doctor', 'doctor my.yaml --online', 'doctor --json | jq .healthy'))
    .action(async (config: string | undefined, { set, online, json }: DoctorFlags) => {
      const { doctorCommand } = await import('../commands/doctor-command.js');
      await doctorCommand({ config, set, online: online === true, json: json === true }, io);
    });
};
