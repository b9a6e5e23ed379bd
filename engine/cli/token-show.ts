// What people see of tokens at the command line.
import type { Catalogue } from "@ostiary/shared/catalogue.ts";
import type { ValueOf } from "@ostiary/shared/endpoint.ts";
import encodeQr from "qr";
import type { Reply } from "../http/call.ts";
import type { CommandLine } from "./command.ts";
import { printable, printTable } from "./output.ts";

type Page = ValueOf<Catalogue["tokenList"]>;
type Token = Page["tokens"][number];

const COLUMNS = ["serial", "type", "user", "state", "failed", "description"];

/** What keeps it from log-ins, or nothing. */
function describeState({ revoked, locked, active, rollout_state }: Token): string {
  if (revoked) return "revoked";
  if (locked) return "locked";
  return active ? rollout_state : ["disabled", rollout_state].filter(Boolean).join(", ");
}

const ownerOf = ({ username, user_realm }: Token) => (username === "" ? "" : `${username}@${user_realm}`);

export function showList({ value }: Reply<Page>): void {
  printTable(
    COLUMNS,
    value.tokens.map((token) => [
      token.serial,
      token.tokentype,
      ownerOf(token),
      describeState(token),
      `${token.failcount}/${token.maxfail}`,
      token.description,
    ]),
  );
  const { count, next, tokens } = value;
  if (next !== null)
    console.error(`${tokens.length} of ${count} tokens; --page ${next} shows the next ones, --pagesize more at once`);
}

/** Everything, a line for each piece. */
export function showTokens({ value }: Reply<Page>): void {
  for (const { info, ...token } of value.tokens) {
    for (const [key, text] of Object.entries({ ...token, ...info }))
      console.log(`${key.padEnd(24)} ${printable(Array.isArray(text) ? text.join(", ") : String(text))}`);
    console.log("");
  }
}

/** Addresses hold the seed: they are shown to those who ask for them. */
export function showEnrolled({ detail = {} }: Reply<true>, { values }: CommandLine): void {
  console.log(String(detail.serial));
  if (!values.show) return;
  const { googleurl, oathurl, otpkey } = detail as Record<string, { value: string } | undefined>;
  const address = googleurl ?? oathurl;
  if (address && process.stdout.isTTY) console.log(encodeQr(address.value, "ascii"));
  if (address) console.log(address.value);
  else if (otpkey) console.log(otpkey.value);
}
