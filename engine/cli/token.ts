// ostiary token … and tokengroup …: thin commands over the endpoints, a row each. The rules are those of the endpoints.
import type { Command, CommandLine } from "./command.ts";
import { endpointCommand } from "./endpoint-command.ts";
import { printTable } from "./output.ts";
import { showEnrolled, showList, showTokens } from "./token-show.ts";

const S = "TOTP00012345";
const changed = (count: unknown) => (count === 0 ? "nothing was changed" : null);
const missing = (found: unknown) => (found ? null : "there is no such token");
const bySerial = { words: ["serial"] };
/** Calls on a token by serial, or on all tokens of a user. */
const bySerialOrUser = { words: ["serial"], needed: 0, fault: namesNobody };

function namesNobody({ positionals, values }: CommandLine): string | null {
  const named = positionals.length > 0 || values.user !== undefined;
  return named ? null : "name a token by its SERIAL, or --user and --realm for all of a user";
}

/** A new token that counts or goes by the clock has to get its seed from somewhere, and somebody has to see one that is made. */
function lacksSeed({ values: { type, serial, genkey, show, "otpkey-stdin": otpkey } }: CommandLine): string | null {
  if (genkey) return show ? null : "--genkey makes a seed that can be seen this once: say --show as well";
  const needed = type === undefined ? serial === undefined : type === "hotp" || type === "totp";
  return needed && !otpkey ? "say --genkey --show for a new seed, or --otpkey-stdin for the one the device has" : null;
}

const look: Command[] = [
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
    ...bySerial,
    only: ["serial"],
    example: `ostiary token info ${S} --data /srv/ostiary`,
    show: showTokens,
    refusal: ({ count }) => missing(count),
  }),
  endpointCommand({
    name: "token getserial",
    endpoint: "tokenGetSerial",
    // A job would end with the command.
    without: ["background"],
    example: `printf '%s\\n' 123456 | ostiary token getserial --type totp`,
    show: ({ value }, { values }) => {
      if (value.serial !== null) console.log(value.serial);
      else if (values.count) console.log(value.count);
    },
    refusal: ({ serial, count }, { values }) =>
      serial !== null || values.count ? null : `none of ${count} tokens shows this value soon`,
  }),
];

const owners: Command[] = [
  endpointCommand({
    name: "token init",
    endpoint: "tokenInit",
    more: { show: "show the new seed as address, at a terminal as QR code too: whoever sees it has the token" },
    example: "ostiary token init --type totp --user alice --realm home --genkey --show --data /srv/ostiary",
    fault: lacksSeed,
    show: showEnrolled,
    json: ({ detail = {} }, { values }) => (values.show ? detail : { serial: detail.serial }),
  }),
  endpointCommand({
    name: "token assign",
    endpoint: "tokenAssign",
    ...bySerial,
    example: `ostiary token assign ${S} --user alice --realm home`,
  }),
  endpointCommand({
    name: "token unassign",
    endpoint: "tokenUnassign",
    ...bySerialOrUser,
    example: `ostiary token unassign ${S}`,
    refusal: changed,
  }),
  endpointCommand({
    name: "token copyuser",
    endpoint: "tokenCopyUser",
    words: ["from", "to"],
    example: `ostiary token copyuser ${S} OATH00012345`,
  }),
  endpointCommand({
    name: "token lost",
    endpoint: "tokenLost",
    ...bySerial,
    example: `ostiary token lost ${S}`,
    show: ({ value }) => console.log(`${value.serial}\n${value.password}\ngood until ${value.end_date}`),
  }),
];

const switches: Command[] = [
  endpointCommand({
    name: "token enable",
    endpoint: "tokenEnable",
    ...bySerialOrUser,
    example: `ostiary token enable ${S}`,
    refusal: changed,
  }),
  endpointCommand({
    name: "token disable",
    endpoint: "tokenDisable",
    ...bySerialOrUser,
    example: "ostiary token disable --user alice --realm home",
    refusal: changed,
  }),
  endpointCommand({
    name: "token reset",
    endpoint: "tokenReset",
    ...bySerialOrUser,
    example: `ostiary token reset ${S}`,
    refusal: changed,
  }),
  endpointCommand({
    name: "token revoke",
    endpoint: "tokenRevoke",
    ...bySerialOrUser,
    example: `ostiary token revoke ${S}`,
    refusal: changed,
  }),
  endpointCommand({ name: "token delete", endpoint: "tokenDelete", ...bySerial, example: `ostiary token delete ${S}` }),
  endpointCommand({
    name: "token resync",
    endpoint: "tokenResync",
    ...bySerial,
    example: "printf '%s\\n%s\\n' 123456 654321 | ostiary token resync OATH00012345",
    refusal: (found) => (found ? null : "these are not two values in a row that the token shows soon"),
  }),
];

const attributes: Command[] = [
  endpointCommand({
    name: "token set",
    endpoint: "tokenSet",
    ...bySerialOrUser,
    example: `ostiary token set ${S} --description 'spare' --max_failcount 5`,
    refusal: changed,
  }),
  endpointCommand({
    name: "token setpin",
    endpoint: "tokenSetPin",
    ...bySerial,
    example: `printf '%s\\n' "$PIN" | ostiary token setpin ${S} --otppin-stdin`,
  }),
  endpointCommand({
    name: "token setrandompin",
    endpoint: "tokenSetRandomPin",
    ...bySerial,
    example: `ostiary token setrandompin ${S}`,
    show: ({ detail }) => console.log(String(detail?.pin)),
    json: ({ detail }) => ({ pin: detail?.pin }),
  }),
  endpointCommand({
    name: "token copypin",
    endpoint: "tokenCopyPin",
    words: ["from", "to"],
    example: `ostiary token copypin ${S} OATH00012345`,
  }),
  endpointCommand({
    name: "token realm",
    endpoint: "tokenRealms",
    ...bySerial,
    example: `ostiary token realm ${S} --realms home,branch`,
  }),
  endpointCommand({
    name: "token group",
    endpoint: "tokenGroups",
    ...bySerial,
    example: `ostiary token group ${S} --groups spare`,
  }),
  endpointCommand({
    name: "token setinfo",
    endpoint: "tokenInfoSet",
    words: ["serial", "key"],
    example: `echo 2026-07-01 | ostiary token setinfo ${S} handed_out`,
    refusal: missing,
  }),
  endpointCommand({
    name: "token deleteinfo",
    endpoint: "tokenInfoDelete",
    words: ["serial", "key"],
    example: `ostiary token deleteinfo ${S} handed_out`,
    refusal: missing,
  }),
];

const groups: Command[] = [
  endpointCommand({
    name: "tokengroup list",
    endpoint: "groupList",
    without: ["groupname"],
    example: "ostiary tokengroup list",
    show: ({ value }) =>
      printTable(
        ["name", "description"],
        Object.entries(value).map(([name, { description }]) => [name, description]),
      ),
  }),
  endpointCommand({
    name: "tokengroup set",
    endpoint: "groupSet",
    words: ["groupname"],
    example: "ostiary tokengroup set spare --description 'in the drawer'",
  }),
  endpointCommand({
    name: "tokengroup delete",
    endpoint: "groupDelete",
    words: ["groupname"],
    example: "ostiary tokengroup delete spare",
  }),
];

export const tokenCommands: readonly Command[] = [...look, ...owners, ...switches, ...attributes, ...groups];
