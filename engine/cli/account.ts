// Who runs a command, for the audit trail. Bun's userInfo().username is the variable USER, which anybody can set, and which a timer or
// a container does not have; the id of the account can not be chosen.
import { readFileSync } from "node:fs";

/** "command line (root)": the name that /etc/passwd has for the account, or its id: "command line (uid 1001)". */
export function nameCommandLine(uid: number = process.getuid?.() ?? -1, passwd = "/etc/passwd"): string {
  return `command line (${findAccount(uid, passwd) ?? `uid ${uid}`})`;
}

function findAccount(uid: number, passwd: string): string | null {
  try {
    const lines = readFileSync(passwd, "utf8").split("\n");
    return lines.map((line) => line.split(":")).find((fields) => fields[2] === String(uid))?.[0] || null;
  } catch {
    return null;
  }
}
