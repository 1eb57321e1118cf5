import { Argument, Command } from 'commander';
import type { CliContext } from './context.ts';

interface Completable {
  readonly name: string;
  readonly summary: string;
  load(context: CliContext): Promise<Command>;
}

/** Every command path with the words that may follow it: sub-commands, words of closed lists, then long flags. */
async function collectWords(
  context: CliContext,
  entries: readonly Completable[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const words = new Map<string, readonly string[]>([['', entries.map((entry) => entry.name)]]);
  const visit = (path: string, command: Command): void => {
    const flags = command.options.flatMap((option) => option.long ?? []);
    const choices = command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices);
    words.set(path, [...command.commands.map((child) => child.name()), ...choices, ...flags, '--help']);
    for (const child of command.commands) visit(`${path} ${child.name()}`, child);
  };
  for (const entry of entries) {
    if (entry.name !== 'completion') visit(entry.name, await entry.load(context));
  }
  words.set('completion', ['bash', 'zsh', 'fish']);
  return words;
}

function bashScript(words: ReadonlyMap<string, readonly string[]>): string {
  const cases = [...words].map(([path, next]) => `    '${path}') next='${next.join(' ')}' ;;`).join('\n');
  return `_helmgate() {
  local current=\${COMP_WORDS[COMP_CWORD]} path='' next='' word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in -*) ;; *) path="\${path:+$path }$word" ;; esac
  done
  while :; do
    case $path in
${cases}
    *) next='' ;;
    esac
    [ -n "$next" ] || [ "$path" = "\${path% *}" ] && break
    path=\${path% *}
  done
  COMPREPLY=($(compgen -W "$next" -- "$current"))
  [ \${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "$current"))
}
complete -o filenames -F _helmgate helmgate
`;
}

function fishScript(words: ReadonlyMap<string, readonly string[]>): string {
  const lines = [...words].flatMap(([path, next]) => {
    const seen = path.split(' ').filter((word) => word !== '');
    const condition =
      seen.length === 0
        ? '__fish_use_subcommand'
        : seen.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and ');
    const plain = next.filter((word) => !word.startsWith('--'));
    const flags = next.filter((word) => word.startsWith('--')).map((word) => word.slice(2));
    return [
      ...(plain.length > 0 ? [`complete -c helmgate -n '${condition}' -a '${plain.join(' ')}'`] : []),
      ...flags.map((flag) => `complete -c helmgate -n '${condition}' -l ${flag}`),
    ];
  });
  return `${lines.join('\n')}\n`;
}

/** `helmgate completion SHELL`: a script made from the commands as they are, so that it never lags behind them. */
export function completionCommand(context: CliContext, entries: readonly Completable[]): Command {
  return new Command('completion')
    .addArgument(new Argument('<shell>', 'the shell to complete in').choices(['bash', 'zsh', 'fish']))
    .addHelpText(
      'after',
      `
Examples:
  source <(helmgate completion bash)
  helmgate completion fish > ~/.config/fish/completions/helmgate.fish`,
    )
    .action(async (shell: string) => {
      const words = await collectWords(context, entries);
      if (shell === 'fish') context.stdout.write(fishScript(words));
      else if (shell === 'bash') context.stdout.write(bashScript(words));
      else context.stdout.write(`autoload -U +X bashcompinit && bashcompinit\n${bashScript(words)}`);
    });
}
