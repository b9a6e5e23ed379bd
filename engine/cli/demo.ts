// ostiary demo: a server of its own in a temporary directory, and what it does with right, wrong, replayed, locked-out and
// parallel log-ins. Every call is shown as the curl command that would do the same.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Catalogue, EndpointName } from "@ostiary/shared/catalogue.ts";
import { createClient } from "@ostiary/shared/client.ts";
import type { ParamsOf } from "@ostiary/shared/endpoint.ts";
import encodeQr from "qr";
import { assembleEngine } from "../assemble.ts";
import { loadSettings } from "../config.ts";
import { hotpValue } from "../core/hotp.ts";
import { parseKeyUri } from "../core/key-uri.ts";
import { createApp } from "../http/app.ts";
import { listen } from "../http/server.ts";
import type { Command } from "./command.ts";
import { createDataDirectory } from "./data-directory.ts";

const ADMIN = { username: "admin", password: "demo-password" };
const PIN = "pin";
const PASSWD =
  "alice:x:1001:100:Alice Adams,,,,alice@example.com:/home/alice:/bin/sh\nbob:x:1002:100:Bob Baker:/home/bob:/bin/sh\n";

export const demo: Command = {
  name: "demo",
  summary: "build a scratch server and show log-ins of every kind",
  help: `ostiary demo

Builds a server in a temporary directory with users from a passwd file, enrols tokens, shows a QR code and logs in: right,
wrong, replayed, locked out, 64 times in parallel. Everything is removed at the end. Takes a few seconds.

Example
  ostiary demo`,
  options: {},
  async run() {
    const dataDir = mkdtempSync(join(tmpdir(), "ostiary-demo-"));
    const remove = () => rmSync(dataDir, { recursive: true, force: true });
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.once(signal, () => {
        remove();
        process.exit(1);
      });
    }
    try {
      await play(dataDir);
      return 0;
    } finally {
      remove();
    }
  },
};

async function play(dataDir: string): Promise<void> {
  const settings = loadSettings({ dataDir, env: {}, flags: [] });
  await createDataDirectory(dataDir, settings, ADMIN);
  writeFileSync(join(dataDir, "users", "passwd"), PASSWD);
  const { engine, close } = await assembleEngine(dataDir, settings);
  const listener = await listen(createApp(engine), { hostname: "127.0.0.1", port: 0 });
  try {
    await tell(`http://127.0.0.1:${listener.port}`, dataDir);
  } finally {
    await listener.stop(1000);
    await close();
  }
}

async function tell(baseUrl: string, dataDir: string): Promise<void> {
  heading("A server, an administrator, and users from a passwd file");
  const { value: session } = await createClient({ baseUrl })("authLogin", ADMIN);
  const admin = createClient({ baseUrl, token: session.token });
  const api = <Name extends EndpointName>(name: Name, params: ParamsOf<Catalogue[Name]> & Record<string, unknown>) =>
    admin(name, params);
  await api("resolverSet", { resolver: "people", type: "passwdresolver", Filename: join(dataDir, "users", "passwd") });
  await api("realmSet", { realm: "home", resolvers: ["people"] });
  const { value: users } = await api("userList", {});
  say(`realm "home" holds ${users.map(({ username }) => username).join(" and ")}`);

  heading("Alice enrols a counting token (HOTP) and scans this code");
  const { detail } = await api("tokenInit", { type: "hotp", genkey: true, user: "alice", pin: PIN });
  const address = (detail as { googleurl: { value: string } }).googleurl.value;
  console.log(encodeQr(address, "ascii"));
  say(address);
  const { secret } = parseKeyUri(address);
  const value = (counter: number) => hotpValue("sha1", secret, counter, 6);

  heading("Log-ins");
  const check = async (pass: string, meaning: string) => {
    console.log(`\n  $ curl ${baseUrl}/validate/check -d user=alice -d pass=${pass}`);
    const { value: accepted, detail: why } = await admin("validateCheck", { user: "alice", pass });
    console.log(`    ${accepted ? "ACCEPT" : "REJECT"}  ${why?.message}\n    ${meaning}`);
  };
  await check(PIN + value(0), "PIN and value are right.");
  await check(PIN + value(0), "The same value again: each is good once.");
  await check(PIN + value(3), "Alice pressed the button a few times too often: inside the window of 10 values.");
  await check(PIN + value(2), "An older value is behind the counter for ever.");
  await check(`wrong${value(4)}`, "A wrong PIN. The answer takes as long as one with a right PIN.");

  heading("64 log-ins at the same moment with one right value");
  const rush = await Promise.all(
    Array.from({ length: 64 }, () => admin("validateCheck", { user: "alice", pass: PIN + value(5) })),
  );
  say(
    `${rush.filter((answer) => answer.value).length} accepted, ${rush.filter((answer) => !answer.value).length} refused: the counter is a condition of the write, so one wins.`,
  );

  heading("A locked-out token");
  const { value: page } = await api("tokenList", { user: "alice" });
  const serial = page.tokens[0]?.serial ?? "";
  say(`the 63 losers count as replays: fail counter ${page.tokens[0]?.failcount} of ${page.tokens[0]?.maxfail}`);
  await check(PIN + value(6), "Right, but the token is locked out. The value is spent all the same.");
  await api("tokenReset", { serial });
  say("an administrator sets the fail counter back");
  await check(PIN + value(7), "And Alice is in again.");

  heading("The audit trail");
  say('every call above has its row, chained by hash and signed; "ostiary audit verify" proves it');
}

function heading(text: string): void {
  console.log(`\n── ${text} ${"─".repeat(Math.max(0, 90 - text.length))}`);
}

function say(text: string): void {
  console.log(`  ${text}`);
}
