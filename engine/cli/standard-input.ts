// How secrets reach a command: on standard input, line by line. At a terminal each is asked for and not shown.

/** One line for each of `questions`; missing ones are empty. From a pipe or file the questions are not asked. */
export async function readSecrets(questions: readonly string[]): Promise<string[]> {
  if (!process.stdin.isTTY) {
    const lines = (await Bun.stdin.text()).split(/\r?\n/);
    return questions.map((_, index) => lines[index] ?? "");
  }
  const answers: string[] = [];
  for (const question of questions) answers.push(await askHidden(question));
  return answers;
}

export interface SecretReader {
  /** The next line; empty when there is none. At a terminal it is asked for. */
  next(question: string): Promise<string>;
}

/** As readSecrets, where it turns out on the way what is asked for. */
export function openSecrets(): SecretReader {
  let lines: string[] | null = null;
  return {
    async next(question) {
      if (process.stdin.isTTY) return askHidden(question);
      lines ??= (await Bun.stdin.text()).split(/\r?\n/);
      return lines.shift() ?? "";
    },
  };
}

const ENTER = /[\r\n]/;
const CTRL_C = "\u0003";
const CTRL_D = "\u0004";
const BACKSPACE = /[\b\u007f]/;

/** Asks on standard error, so that standard output stays what the command prints. */
function askHidden(question: string): Promise<string> {
  process.stderr.write(`${question}: `);
  const { stdin } = process;
  stdin.setRawMode(true);
  stdin.setEncoding("utf8");
  stdin.resume();
  return new Promise((resolve) => {
    let answer = "";
    const end = () => {
      stdin.removeListener("data", take);
      stdin.setRawMode(false);
      stdin.pause();
      process.stderr.write("\n");
    };
    const take = (text: string) => {
      for (const character of text) {
        if (character === CTRL_C) {
          end();
          process.exit(130);
        }
        if (ENTER.test(character) || character === CTRL_D) {
          end();
          resolve(answer);
          return;
        }
        answer = BACKSPACE.test(character) ? answer.slice(0, -1) : answer + character;
      }
    };
    stdin.on("data", take);
  });
}
