// What administrators ask of a server with a million tokens, and what each may cost (architecture, "what fast means").
import type { ApiParams } from "../test/kit/call-api.ts";
import { nameUser } from "./otps.ts";
import type { SeedSizes } from "./seed.ts";
import { describeToken } from "./seed-tokens.ts";
import { divideUsers } from "./seed-users.ts";

export interface Asked {
  name: string;
  path: string;
  params: ApiParams;
  targetMs: number;
}

const indexed = 50;
const broad = 250;
const audit = 100;

export function listAsked({ tokens, users, rows }: SeedSizes): Asked[] {
  const someToken = describeToken(Math.floor(tokens * 0.77), tokens, users);
  const someUser = nameUser(Math.floor(users * 0.9));
  const lastPage = Math.ceil(tokens / 15);
  const realmOf = (user: number) => divideUsers(users).findLast(({ first }) => first <= user)?.realm;
  const token = (name: string, targetMs: number, params: ApiParams) => ({
    name: `tokens: ${name}`,
    path: "/token/",
    params,
    targetMs,
  });
  const person = (name: string, params: ApiParams) => ({ name: `users: ${name}`, path: "/user/", params, targetMs: broad });
  const trail = (name: string, params: ApiParams) => ({ name: `audit: ${name}`, path: "/audit/", params, targetMs: audit });
  return [
    token("first page", indexed, {}),
    token("serial", indexed, { serial: someToken.serial }),
    token("user", indexed, { user: someUser, realm: realmOf(Math.floor(users * 0.9)) }),
    token("realm, an eighth fits", indexed, { tokenrealm: "lab" }),
    token("realm, a third fits", indexed, { tokenrealm: "campus" }),
    token("resolver", indexed, { resolver: "lab" }),
    token("type", indexed, { type: "spass" }),
    token("disabled", indexed, { active: "false" }),
    token("rollout state", indexed, { rollout_state: "clientwait" }),
    token("information", indexed, { infokey: "import", infovalue: "delivery 77" }),
    token("a piece of a serial, few fit", indexed, { serial: `*${someToken.serial.slice(5, 10)}*` }),
    token("a piece of a description, few fit", indexed, { description: `*of ${someUser}*` }),
    token("a piece of a description, a sixth fits", broad, { description: "*phone*" }),
    token("unassigned", broad, { assigned: "false" }),
    token("realms by pattern", broad, { tokenrealm: "*a*" }),
    token("four filters that nearly all fit", broad, { active: "true", type: "*o*", serial: "*0*", tokenrealm: "*" }),
    token("sorted by fail counter", broad, { sortby: "failcount", sortdir: "desc" }),
    token("sorted by description", broad, { sortby: "description" }),
    token("sorted by user", broad, { sortby: "user_id" }),
    token("last page", broad, { page: lastPage }),
    person("by name", { username: someUser }),
    person("by the beginning of a name", { username: `${nameUser(1).slice(0, 6)}*`, realm: "site" }),
    person("by a piece of the e-mail address", { email: "*77@example*" }),
    person("10,000 of a realm", { realm: "guests" }),
    trail("newest", {}),
    trail("deep page", { page: Math.max(1, Math.floor(rows / 2 / 15)) }),
    trail("a user", { user: "user777" }),
    trail("a piece of a user", { user: "*r777*" }),
    trail("a serial", { serial: "TOTP00000777" }),
    trail("nine rows of ten", { action: "POST /validate/check" }),
    trail("a piece of the information", { info: "*wrong*" }),
    trail("realm and failure", { realm: "realm3", success: "0" }),
    trail("the last hour", { timelimit: "1h" }),
  ];
}
