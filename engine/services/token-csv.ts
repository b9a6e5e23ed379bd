// The token list as a file (rest-api.md 2.3; 5, item 59): a line of names, then a line for each token; each value in single quotes,
// each name and value followed by `, `. Made in slices while it is sent.
import { quoteCsvValue } from "../core/quoted-csv.ts";
import type { TokenObject } from "./token-object.ts";

const columns = [
  "id",
  "serial",
  "tokentype",
  "description",
  "username",
  "user_realm",
  "user_id",
  "resolver",
  "realms",
  "tokengroup",
  "active",
  "revoked",
  "locked",
  "failcount",
  "maxfail",
  "otplen",
  "count",
  "count_window",
  "sync_window",
  "rollout_state",
  "info",
] as const satisfies (keyof TokenObject)[];

export async function* writeTokenCsv(slices: AsyncIterable<readonly TokenObject[]>): AsyncGenerator<string> {
  yield writeLine(columns.map((name) => name));
  for await (const tokens of slices) {
    yield tokens.map((token) => writeLine(columns.map((name) => quoteCsvValue(toCell(token[name]))))).join("");
  }
}

const writeLine = (values: readonly string[]) => `${values.map((value) => `${value}, `).join("")}\n`;

/** Names are joined by commas, information is JSON. */
function toCell(value: TokenObject[(typeof columns)[number]]): string | number | boolean {
  if (Array.isArray(value)) return value.join(",");
  return typeof value === "object" ? JSON.stringify(value) : value;
}
