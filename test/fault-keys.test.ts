// Key files that are not what they were: the start is refused with the file's name and the next step, never with a stack or a
// secret. With a wrong key the server would answer each log-in with an error, or each administrator with "wrong password".
import { beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeDataDir } from "./kit/data-dir.ts";
import { QUICK_ENV, startServer } from "./kit/start-server.ts";

// A process for each fault.
setDefaultTimeout(60_000);

const env = QUICK_ENV;
const FILES = ["keyring.json", "session.json", "audit.pub", "response.pub"];
const SECRET_FILES = FILES.slice(0, 2);
const STEP = /restore|chmod/;
let home = "";
let other = "";
/** Values of the key files that nobody may see. */
let secrets: string[] = [];

interface Ring {
  sealKeys: { key: string }[];
  audit: string;
}
interface Session {
  mac: string;
  pepper: string;
}
const keyFile = (dataDir: string, name: string) => join(dataDir, "keys", name);
const readJson = <T>(dataDir: string, name: string) => JSON.parse(readFileSync(keyFile(dataDir, name), "utf8")) as T;

async function makeHome(): Promise<string> {
  const server = await startServer({ env });
  await server.stop({ keep: true });
  return server.dataDir;
}

beforeAll(async () => {
  [home, other] = await Promise.all([makeHome(), makeHome()]);
  for (const dataDir of [home, other]) {
    const { sealKeys, audit } = readJson<Ring>(dataDir, "keyring.json");
    const { mac, pepper } = readJson<Session>(dataDir, "session.json");
    secrets.push(...sealKeys.map(({ key }) => key), mac, pepper, audit.split("\n")[1] ?? "");
  }
  secrets = secrets.map((text) => text.slice(0, 10));
});

const copyHome = (): string => {
  const dataDir = makeDataDir();
  cpSync(home, dataDir, { recursive: true });
  return dataDir;
};

/** What the start says after `harm`; it must end with 1, name the next step, and show neither stack nor secret. */
async function refusalAfter(dataDir: string): Promise<string> {
  const said = await startServer({ dataDir, env, waitReady: false }).then(
    async (server) => `it started:\n${server.output()}${await server.stop()}`,
    (fault: unknown) => (fault as Error).message,
  );
  expect(said).toStartWith("the server ended with 1 before it was ready");
  expect(said).not.toMatch(/^ +at |"stack"|OPENSSL|undefined/m);
  for (const secret of secrets) expect(said).not.toContain(secret);
  expect(said).toMatch(STEP);
  return said;
}

const faults: [string, (file: string, name: string) => void][] = [
  ["missing", (file) => rmSync(file)],
  ["empty", (file) => truncateSync(file, 0)],
  ["cut to half", (file) => truncateSync(file, Math.floor(statSync(file).size / 2))],
  ["random bytes", (file) => writeFileSync(file, crypto.getRandomValues(new Uint8Array(300)))],
  ["null", (file) => writeFileSync(file, "null")],
  ["a list", (file) => writeFileSync(file, "[]")],
  [
    "a directory",
    (file) => {
      rmSync(file);
      mkdirSync(file);
    },
  ],
];

describe.each(FILES)("keys/%s", (name) => {
  test.each(faults)("%s: the start is refused, and names it", async (_fault, harm) => {
    const dataDir = copyHome();
    harm(keyFile(dataDir, name), name);
    expect(await refusalAfter(dataDir)).toContain(`${keyFile(dataDir, name)} `);
  });

  test("of another installation: the start is refused, and says that the directory is mixed", async () => {
    const dataDir = copyHome();
    cpSync(keyFile(other, name), keyFile(dataDir, name));
    const said = await refusalAfter(dataDir);
    expect(said).toContain(join(dataDir, "keys"));
    expect(said).toContain("belongs to other keys than the files beside it");
  });
});

describe("one character of a secret altered", () => {
  test.each([
    ["the seal key", "keyring.json", () => readJson<Ring>(home, "keyring.json").sealKeys[0]?.key],
    ["the session key", "session.json", () => readJson<Session>(home, "session.json").mac],
    ["the pepper", "session.json", () => readJson<Session>(home, "session.json").pepper],
    ["the key of the trail", "keyring.json", () => readJson<Ring>(home, "keyring.json").audit.split("\n")[1]],
  ])("%s: the start is refused, not each log-in", async (_what, name, pick) => {
    const dataDir = copyHome();
    const file = keyFile(dataDir, name);
    const secret = pick() ?? "";
    // Still base64, still of the same length.
    const altered = secret.slice(0, 20) + (secret[20] === "A" ? "B" : "A") + secret.slice(21);
    const text = readFileSync(file, "utf8");
    expect(text).toContain(secret);
    writeFileSync(file, text.replace(secret, altered));
    expect(await refusalAfter(dataDir)).toContain(join(dataDir, "keys"));
  });
});

describe("modes", () => {
  test.each(SECRET_FILES.flatMap((name) => [0o644, 0o640, 0o602].map((mode) => [name, mode] as const)))(
    "keys/%s with mode %i: refused with the chmod that mends it",
    async (name, mode) => {
      const dataDir = copyHome();
      chmodSync(keyFile(dataDir, name), mode);
      expect(await refusalAfter(dataDir)).toContain(`chmod 600 ${keyFile(dataDir, name)}`);
    },
  );

  test("the directory open to all", async () => {
    const dataDir = copyHome();
    chmodSync(join(dataDir, "keys"), 0o777);
    expect(await refusalAfter(dataDir)).toContain(`chmod 700 ${join(dataDir, "keys")}`);
  });
});

describe("the whole directory", () => {
  test.each<[string, (keys: string) => void, string]>([
    ["gone", () => {}, "restore the keys from the backup"],
    ["empty", (keys) => mkdirSync(keys, { mode: 0o700 }), "is missing: restore it from the backup"],
    ["a file", (keys) => writeFileSync(keys, "x"), "is not a file: move away what is there"],
    ["of another server", (keys) => cpSync(join(other, "keys"), keys, { recursive: true }), "the keys of another server"],
  ])("%s: the start is refused", async (_fault, put, says) => {
    const dataDir = copyHome();
    rmSync(join(dataDir, "keys"), { recursive: true });
    put(join(dataDir, "keys"));
    expect(await refusalAfter(dataDir)).toContain(says);
  });
});

test("keys of an older version, without checksums, start", async () => {
  const dataDir = copyHome();
  for (const name of SECRET_FILES) {
    const drop = (key: string, value: unknown) => (key === "check" ? undefined : value);
    writeFileSync(keyFile(dataDir, name), JSON.stringify(JSON.parse(readFileSync(keyFile(dataDir, name), "utf8")), drop));
  }
  const server = await startServer({ dataDir, env });
  expect((await server.api("POST", "/token/init", { genkey: 1 })).status).toBe(200);
  await server.stop();
});
