// A scratch server with users in a passwd file and tokens with known seeds, made through the REST API as an administrator
// would. The data directory outlives restarts with other settings; `remove` ends it.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { startServer, type TestServer } from "../test/kit/start-server.ts";
import { makeSeed, nameUser } from "./otps.ts";
import { expectDone } from "./seed-users.ts";

export interface Group {
  kind: "totp" | "hotp";
  users: readonly number[];
  pin?: string;
}

/** Guards count failures of a whole bench as one attack: they are off, for all rows alike. */
export const guardsOff = { OSTIARY_GUARD_USER: "off", OSTIARY_GUARD_AUTH: "off", OSTIARY_GUARD_SOURCE: "off" };
const enrolmentsAtOnce = 8;

/** Starts a fresh server with `users` users in the default realm. `env`: more OSTIARY_* variables. */
export async function startScratch(users: number, env: Record<string, string> = {}): Promise<TestServer> {
  const server = await startServer({ env: { ...guardsOff, ...env } });
  const folder = join(server.dataDir, "users");
  mkdirSync(folder, { recursive: true });
  const lines = Array.from({ length: users }, (_, n) => `${nameUser(n)}:x:${10_000 + n}:100:Bench ${n},,,:/nowhere:/bin/false`);
  const file = join(folder, "bench.passwd");
  await Bun.write(file, `${lines.join("\n")}\n`);
  await expectDone(server, "/resolver/bench", { type: "passwdresolver", Filename: file });
  await expectDone(server, "/realm/bench", { resolvers: "bench" });
  await expectDone(server, "/defaultrealm/bench", {});
  return server;
}

/** Stops a server and starts one on the same data with other settings. */
export async function restartScratch(server: TestServer, env: Record<string, string> = {}): Promise<TestServer> {
  await server.stop({ keep: true });
  return startServer({ dataDir: server.dataDir, env: { ...guardsOff, ...env } });
}

/** Enrols one token for each user of the groups, many at a time. */
export async function enrolTokens(server: TestServer, groups: readonly Group[]): Promise<void> {
  const wanted = groups.flatMap(({ kind, users, pin }) =>
    users.map((n) => ({
      type: kind,
      otpkey: makeSeed(n).toHex(),
      user: nameUser(n),
      serial: `B${n}`,
      ...(pin === undefined ? {} : { pin }),
    })),
  );
  let next = 0;
  const work = async (): Promise<void> => {
    for (let one = wanted[next++]; one !== undefined; one = wanted[next++]) await expectDone(server, "/token/init", one);
  };
  await Promise.all(Array.from({ length: enrolmentsAtOnce }, work));
}
