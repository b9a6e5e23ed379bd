// ostiary completion: what a shell needs to complete commands and options, printed from the list of commands.
import { COMMON, type Command, UsageError } from "./command.ts";

interface Completed {
  name: string;
  summary: string;
  /** With their dashes. */
  options: string[];
}

const PRINTERS: Record<string, (commands: readonly Completed[]) => string> = { bash: printBash, zsh: printZsh, fish: printFish };

/** @param list the commands to complete, this one among them, so that they can not be passed at once */
export function makeCompletion(list: () => readonly Command[]): Command {
  return {
    name: "completion",
    summary: "print the completion script of a shell",
    help: `ostiary completion bash | zsh | fish

Prints a script that completes commands and options in this shell.

Example
  source <(ostiary completion bash)          # in ~/.bashrc; zsh alike
  ostiary completion fish | source           # in ~/.config/fish/config.fish`,
    options: {},
    words: 1,
    async run({ positionals: [shell = ""] }) {
      const print = Object.hasOwn(PRINTERS, shell) ? PRINTERS[shell] : undefined;
      if (print === undefined) throw new UsageError(`name the shell: ${Object.keys(PRINTERS).join(", ")}`);
      console.log(print(list().map(describe)));
      return 0;
    },
  };
}

function describe({ name, summary, options }: Command): Completed {
  const names = Object.keys({ ...options, ...COMMON, set: true, help: true }).sort();
  return { name, summary, options: names.map((option) => `--${option}`) };
}

/** The words that can stand at each place: after nothing the first words, after a group its second words, then the options. */
function wordsAfter(commands: readonly Completed[]): Map<string, string[]> {
  const words = new Map<string, string[]>([["", []]]);
  for (const { name, options } of commands) {
    const [first = "", ...rest] = name.split(" ");
    const top = words.get("") ?? [];
    if (!top.includes(first)) top.push(first);
    if (rest.length > 0) words.set(first, [...(words.get(first) ?? []), rest.join(" ")]);
    words.set(name, options);
  }
  return words;
}

function printBash(commands: readonly Completed[]): string {
  const cases = [...wordsAfter(commands)].map(([name, words]) => `    "${name}") echo "${words.join(" ")}" ;;`);
  return `_ostiary_words() {
  case "$1" in
${cases.join("\n")}
  esac
}
_ostiary() {
  local words="" first="\${COMP_WORDS[1]}" second="\${COMP_WORDS[2]}"
  case "$COMP_CWORD" in
    1) words="$(_ostiary_words "")" ;;
    2) words="$(_ostiary_words "$first")" ;;
    *) words="$(_ostiary_words "$first $second")"; [ -n "$words" ] || words="$(_ostiary_words "$first")" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _ostiary ostiary`;
}

/** zsh runs completions made for bash. */
function printZsh(commands: readonly Completed[]): string {
  return `autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n${printBash(commands)}`;
}

function printFish(commands: readonly Completed[]): string {
  const quote = (text: string) => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
  const lines = ["complete -c ostiary -f"];
  for (const { name, summary, options } of commands) {
    const [first = "", second] = name.split(" ");
    if (second === undefined) lines.push(`complete -c ostiary -n __fish_use_subcommand -a ${first} -d ${quote(summary)}`);
    else {
      lines.push(`complete -c ostiary -n __fish_use_subcommand -a ${first}`);
      const inGroup = `__fish_seen_subcommand_from ${first}; and not __fish_seen_subcommand_from ${second}`;
      lines.push(`complete -c ostiary -n ${quote(inGroup)} -a ${second} -d ${quote(summary)}`);
    }
    const inCommand = name.split(" ").map((word) => `__fish_seen_subcommand_from ${word}`);
    for (const option of options) lines.push(`complete -c ostiary -n ${quote(inCommand.join("; and "))} -l ${option.slice(2)}`);
  }
  return [...new Set(lines)].join("\n");
}
