import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseRing } from "./key-ring.ts";
import { createKeys, KeyFileError, readPublicKeys, readRingFile, readSessionKeys } from "./keys.ts";
import { openByPassphrase } from "./ring-seal.ts";

const root = mkdtempSync(join(tmpdir(), "ostiary-keys-"));
afterAll(() => rmSync(root, { recursive: true }));
const NAMES = ["audit.pub", "keyring.json", "response.pub", "session.json"];
let serial = 0;
const newPlace = () => join(root, `place${serial++}`);
const plain = newPlace();
await createKeys(plain);

/** A copy of the plain directory to damage. */
function copyKeys(): string {
  const place = newPlace();
  Bun.spawnSync(["cp", "-rp", plain, place]);
  return place;
}

function damage(name: string, change: (text: string) => string): string {
  const place = copyKeys();
  writeFileSync(join(place, name), change(readFileSync(join(place, name), "utf8")));
  return place;
}

describe("key directory", () => {
  test("files of mode 0600 in a directory of mode 0700, nothing else left behind", () => {
    expect(statSync(plain).mode & 0o777).toBe(0o700);
    expect(readdirSync(plain).sort()).toEqual(NAMES);
    for (const name of NAMES) expect(statSync(join(plain, name)).mode & 0o777).toBe(0o600);
  });

  test("what was written reads back", () => {
    const { text, form } = readRingFile(plain);
    expect(form).toBe("plain");
    const ring = parseRing(text);
    expect(ring.sealKeys.get(ring.activeId)).toHaveLength(32);
    expect(ring.response.asymmetricKeyDetails?.modulusLength).toBe(2048);
    expect(readSessionKeys(plain).mac.length).toBe(32);
    expect(readSessionKeys(plain).pepper.length).toBe(44);
    expect(readPublicKeys(plain).audit.length).toBe(32);
  });

  test("an existing file is never overwritten", async () => {
    const before = NAMES.map((name) => readFileSync(join(plain, name), "utf8"));
    expect(
      await createKeys(plain).then(
        () => null,
        (fault: unknown) => fault,
      ),
    ).toBeInstanceOf(KeyFileError);
    const partly = newPlace();
    await createKeys(partly);
    for (const name of NAMES.slice(1)) unlinkSync(join(partly, name));
    expect(
      String(
        await createKeys(partly).then(
          () => null,
          (fault: unknown) => fault,
        ),
      ),
    ).toContain("audit.pub");
    expect(readdirSync(partly)).toEqual(["audit.pub"]);
    expect(NAMES.map((name) => readFileSync(join(plain, name), "utf8"))).toEqual(before);
  });

  test("C03: a passphrase seals the ring, not the session keys; only the right one opens it", async () => {
    const place = newPlace();
    await createKeys(place, { passphrase: "Zu Hause im Gr\u00fcnen" });
    const { text, form } = readRingFile(place);
    expect(form).toBe("passphrase");
    expect(text).not.toContain("PRIVATE KEY");
    expect(JSON.parse(text).sealed).toMatchObject({ kdf: "scrypt", n: 131_072, r: 8, p: 1 });
    expect(readSessionKeys(place).mac.length).toBe(32);
    // The same words typed with a combining accent (NFD) open it too.
    const opened = await openByPassphrase(text, "Zu Hause im Gru\u0308nen");
    expect(parseRing(opened?.ring ?? "").sealKeys.size).toBe(1);
    expect(await openByPassphrase(text, "zu Hause im Gr\u00fcnen")).toBeNull();
  });

  test("an empty passphrase is refused", async () => {
    expect(
      await createKeys(newPlace(), { passphrase: "" }).then(
        () => null,
        (fault: unknown) => fault,
      ),
    ).toBeInstanceOf(KeyFileError);
  });

  test("a file others can read is refused, with the cure in the message", () => {
    for (const mode of [0o640, 0o604, 0o620, 0o601]) {
      const place = copyKeys();
      chmodSync(join(place, "keyring.json"), mode);
      chmodSync(join(place, "session.json"), mode);
      expect(() => readRingFile(place)).toThrow(`chmod 600 ${join(place, "keyring.json")}`);
      expect(() => readSessionKeys(place)).toThrow(KeyFileError);
    }
  });

  const ring = JSON.parse(readFileSync(join(plain, "keyring.json"), "utf8"));
  const rewrite = (change: object) => () => JSON.stringify({ ...ring, ...change });
  const damages: [string, string, (text: string) => string][] = [
    ["empty file", "keyring.json", () => ""],
    ["cut off", "keyring.json", (text) => text.slice(0, 200)],
    ["not an object", "keyring.json", () => "[]"],
    ["another version", "keyring.json", rewrite({ version: 2 })],
    ["no seal keys", "keyring.json", rewrite({ sealKeys: [] })],
    ["short seal key", "keyring.json", rewrite({ sealKeys: [{ id: ring.active, key: "AAAA" }] })],
    ["null seal key", "keyring.json", rewrite({ sealKeys: [null] })],
    ["active id unknown", "keyring.json", rewrite({ active: "00000000" })],
    ["same id twice", "keyring.json", rewrite({ sealKeys: [ring.sealKeys[0], ring.sealKeys[0]] })],
    ["keys exchanged", "keyring.json", rewrite({ audit: ring.response })],
    ["no PEM", "keyring.json", rewrite({ audit: 7 })],
    ["scrypt that wants 1 TiB", "keyring.json", () => '{"version":1,"sealed":{"kdf":"scrypt","n":1073741824,"r":1024,"p":1}}'],
    ["scrypt N no power of two", "keyring.json", () => '{"version":1,"sealed":{"kdf":"scrypt","n":3,"r":8,"p":1}}'],
    ["audit.pub of another ring", "audit.pub", () => OTHER_AUDIT],
    ["audit.pub damaged", "audit.pub", () => "-----BEGIN"],
  ];
  const OTHER_AUDIT =
    "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n"; // RFC 8032 7.1
  for (const [title, name, change] of damages) {
    test(`damaged, ${title}: an error that names the file and no key`, () => {
      const place = damage(name, change);
      let message = "";
      try {
        readRingFile(place);
      } catch (fault) {
        expect(fault).toBeInstanceOf(KeyFileError);
        message = (fault as Error).message;
      }
      expect(message).toContain(place);
      expect(message).toMatch(/restore|run/);
      expect(message).not.toContain(ring.sealKeys[0].key.slice(0, 8));
    });
  }

  test("damaged or missing session.json", () => {
    expect(() => readSessionKeys(damage("session.json", () => '{"mac":"AAAA","pepper":"12345678"}'))).toThrow("32 bytes");
    expect(() => readSessionKeys(damage("session.json", () => "{"))).toThrow("not valid JSON");
    expect(() => readSessionKeys(newPlace())).toThrow("missing");
  });
});
