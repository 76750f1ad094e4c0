/**
 * The command line as scripts for the tab key of bash, zsh and fish. They hold all that is needed: a press of tab starts no
 * process, and where nothing of ours fits, shells complete names of files. Pure.
 */
import type { Command, Option } from 'commander';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** @param settings Names for `--set`. */
export function completionScript(shell: Shell, program: Command, settings: readonly string[]): string {
  if (shell === 'fish') return fishScript(program, settings);
  const script = bashScript(program, settings);
  // Its emulation of bash's completion ships with zsh.
  return shell === 'bash' ? script : `autoload -U +X compinit bashcompinit && compinit && bashcompinit\n${script}`;
}

interface Completed {
  name: string;
  description: string;
  /** Of a first word that is one of a few. */
  words: readonly string[];
  options: readonly Option[];
}

function completed(program: Command): Completed[] {
  const help = program.createHelp();
  return help.visibleCommands(program).map((command) => ({
    name: command.name(),
    description: command.description(),
    words:
      command.name() === 'help'
        ? program.commands.map((other) => other.name())
        : (command.registeredArguments[0]?.argChoices ?? []),
    options: help.visibleOptions(command).filter(({ long }) => long !== undefined),
  }));
}

const takesValue = (option: Option): boolean => option.required || option.optional;

function bashScript(program: Command, settings: readonly string[]): string {
  const commands = completed(program);
  const cases = commands.map(({ name, words, options }) => {
    const values = options.filter(takesValue).map((option) => {
      const given = option.long === '--set' ? settings.map((setting) => `${setting}=`) : (option.argChoices ?? []);
      const more = option.long === '--set' ? ' compopt -o nospace 2>/dev/null;' : '';
      return `        ${flagsOf(option).join('|')})${more} words='${given.join(' ')}' ;;`;
    });
    return [
      `    ${name})`,
      `      case "$before" in`,
      ...values,
      `        *) if [[ $word == -* ]]; then words='${options.flatMap(flagsOf).join(' ')}'; else words='${words.join(' ')}'; fi ;;`,
      '      esac ;;',
    ].join('\n');
  });
  return `# medgr2: completion of commands, options and settings
_medgr2() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" words=''
  if [[ $COMP_CWORD -eq 1 ]]; then
    words='${commands.map(({ name }) => name).join(' ')}'
  else
    case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _medgr2 medgr2`;
}

function fishScript(program: Command, settings: readonly string[]): string {
  const line = (condition: string, rest: string): string => `complete -c medgr2 -n '${condition}' ${rest}`;
  return [
    '# medgr2: completion of commands, options and settings',
    ...completed(program).flatMap(({ name, description, words, options }) => [
      line('__fish_use_subcommand', `-f -a ${name} -d ${quoted(description)}`),
      ...(words.length === 0 ? [] : [line(seen(name), `-f -a ${quoted(words.join(' '))}`)]),
      ...options.map((option) => {
        const given = option.long === '--set' ? settings.map((setting) => `${setting}=`) : (option.argChoices ?? []);
        const short = option.short === undefined ? '' : ` -s ${option.short.slice(1)}`;
        const value = given.length > 0 ? ` -x -a ${quoted(given.join(' '))}` : takesValue(option) ? ' -r' : '';
        return line(seen(name), `-l ${option.long?.slice(2)}${short}${value} -d ${quoted(option.description)}`);
      }),
    ]),
  ].join('\n');
}

const seen = (name: string): string => `__fish_seen_subcommand_from ${name}`;

const flagsOf = ({ short, long }: Option): string[] => [short, long].filter((flag) => flag !== undefined);

/** Between the single quotes of fish. */
const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
