// ostiary token …: thin commands over the endpoints of tokens; a row each.
import type { Catalogue } from "@ostiary/shared/catalogue.ts";
import type { ValueOf } from "@ostiary/shared/endpoint.ts";
import encodeQr from "qr";
import type { Reply } from "../http/call.ts";
import type { Command, CommandLine } from "./command.ts";
import { endpointCommand } from "./endpoint-command.ts";
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

function showList({ value }: Reply<Page>): void {
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

function showTokens({ value }: Reply<Page>): void {
  for (const { info, ...token } of value.tokens) {
    for (const [key, text] of Object.entries({ ...token, ...info }))
      console.log(`${key.padEnd(24)} ${printable(Array.isArray(text) ? text.join(", ") : String(text))}`);
    console.log("");
  }
}

type Enrolled = Reply<true>;

/** Addresses hold the seed: they are shown to those who ask for them. */
function showEnrolled({ detail = {} }: Enrolled, { values }: CommandLine): void {
  console.log(String(detail.serial));
  if (!values.show) return;
  const { googleurl, oathurl, otpkey } = detail as Record<string, { value: string } | undefined>;
  const address = googleurl ?? oathurl;
  if (address && process.stdout.isTTY) console.log(encodeQr(address.value, "ascii"));
  if (address) console.log(address.value);
  else if (otpkey) console.log(otpkey.value);
}

const changed = (count: unknown) => (count === 0 ? "nothing was changed" : null);
/** Calls on a token by serial, or on all tokens of a user. */
const onTokens = { words: ["serial"], needed: 0, fault: namesNobody };

function namesNobody({ positionals, values }: CommandLine): string | null {
  return positionals.length === 0 && values.user === undefined
    ? "name a token by its SERIAL, or --user and --realm for all of a user"
    : null;
}

export const tokenCommands: Command[] = [
  endpointCommand({
    name: "token list",
    endpoint: "tokenList",
    example: "ostiary token list --user 'al*' --realm home --active true --data /srv/ostiary",
    show: showList,
  }),
  endpointCommand({
    name: "token info",
    endpoint: "tokenList",
    summary: "show all there is to know of a token; `*` stands for any text",
    words: ["serial"],
    without: [
      "type",
      "description",
      "user",
      "realm",
      "resolver",
      "userid",
      "tokenrealm",
      "tokengroup",
      "assigned",
      "active",
    ].concat(["rollout_state", "infokey", "infovalue", "sortby", "sortdir", "page", "pagesize", "outform"]),
    example: "ostiary token info TOTP00012345 --data /srv/ostiary",
    show: showTokens,
    refusal: ({ count }) => (count === 0 ? "there is no such token" : null),
  }),
  endpointCommand({
    name: "token init",
    endpoint: "tokenInit",
    more: { show: "show the new seed as address, at a terminal as QR code too: whoever sees it has the token" },
    example: "ostiary token init --type totp --user alice --realm home --genkey --show --data /srv/ostiary",
    fault: ({ values }) =>
      values.genkey && !values.show ? "--genkey makes a seed that can be seen this once: say --show as well" : null,
    show: showEnrolled,
    json: ({ detail = {} }: Enrolled, { values }) => (values.show ? detail : { serial: detail.serial }),
  }),
  endpointCommand({
    name: "token enable",
    endpoint: "tokenEnable",
    ...onTokens,
    example: "ostiary token enable TOTP00012345",
    refusal: changed,
  }),
  endpointCommand({
    name: "token disable",
    endpoint: "tokenDisable",
    ...onTokens,
    example: "ostiary token disable --user alice --realm home",
    refusal: changed,
  }),
  endpointCommand({
    name: "token reset",
    endpoint: "tokenReset",
    ...onTokens,
    example: "ostiary token reset TOTP00012345",
    refusal: changed,
  }),
  endpointCommand({
    name: "token unassign",
    endpoint: "tokenUnassign",
    ...onTokens,
    example: "ostiary token unassign TOTP00012345",
    refusal: changed,
  }),
  endpointCommand({
    name: "token assign",
    endpoint: "tokenAssign",
    words: ["serial"],
    example: "ostiary token assign TOTP00012345 --user alice --realm home",
  }),
  endpointCommand({
    name: "token setpin",
    endpoint: "tokenSetPin",
    words: ["serial"],
    example: "printf '%s\\n' \"$PIN\" | ostiary token setpin TOTP00012345 --otppin-stdin",
  }),
  endpointCommand({
    name: "token resync",
    endpoint: "tokenResync",
    words: ["serial"],
    example: "printf '%s\\n%s\\n' 123456 654321 | ostiary token resync OATH00012345",
    refusal: (found) => (found ? null : "these are not two values in a row that the token shows soon"),
  }),
  endpointCommand({
    name: "token delete",
    endpoint: "tokenDelete",
    words: ["serial"],
    example: "ostiary token delete TOTP00012345",
  }),
];
