/** `medgr2 completion`: what a shell needs to complete commands, options and settings. */
import { Argument } from 'commander';
import { medgr2 } from '../../called-as.js';
import { example, type Declare } from '../flags/declare-command.js';
import { completionScript, shells, type Shell } from './completion-script.js';

export const declareCompletion: Declare = (program, io) => {
  program
    .command('completion')
    .addArgument(new Argument('<shell>', 'whose script is printed').choices(shells))
    .description('print a script that lets a shell complete commands, options and settings with tab')
    .addHelpText(
      'after',
      `${example('completion bash > ~/.local/share/bash-completion/completions/medgr2', 'completion zsh >> ~/.zshrc', 'completion fish > ~/.config/fish/completions/medgr2.fish')}
It completes the command \`medgr2\`; in a checkout, where there is none: alias medgr2='npm run -s medgr2 --'`,
    )
    .action(async (shell: Shell) => {
      const { settingNames } = await import('./setting-names.js');
      io.out(completionScript(shell, program, settingNames()));
      if (medgr2 !== 'medgr2')
        io.error(`note: it completes \`medgr2\`, which is an alias here: alias medgr2='${medgr2}'`);
    });
};
