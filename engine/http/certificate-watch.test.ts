// The pair of files as it is read, and the days before its end.
import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { joinFiles, makePair, openssl, type PairFiles } from "../../test/kit/certificates.ts";
import { makeDataDir, removeDataDir } from "../../test/kit/data-dir.ts";
import { loadSettings } from "../config.ts";
import { readPair } from "../services/certificate.ts";
import { watchCertificate } from "./certificate-watch.ts";

const DAY_MS = 86_400_000;
const folder = makeDataDir();
afterAll(() => removeDataDir(folder));

const settingsOf = ({ certificate, key }: PairFiles, more: Record<string, string> = {}) =>
  loadSettings({
    dataDir: folder,
    env: {},
    flags: Object.entries({ "tls.certificate_file": certificate, "tls.key_file": key, ...more }).map(([name, text]) => ({
      key: name,
      text,
      from: "test",
    })),
  });

function faultOf(pair: PairFiles, more: Record<string, string> = {}): string | null {
  try {
    readPair(settingsOf(pair, more));
    return null;
  } catch (error) {
    return String(error);
  }
}

describe.skipIf(!openssl)("files", () => {
  test("good: elliptic, RSA, a chain, a key with passphrase, a key for the group", () => {
    const ca = makePair(folder, "ca", { name: "CA" });
    const leaf = makePair(folder, "leaf", { ca });
    const chain = joinFiles(
      join(folder, "chain.crt"),
      readFileSync(leaf.certificate, "utf8"),
      readFileSync(ca.certificate, "utf8"),
    );
    const passphrase = join(folder, "passphrase");
    writeFileSync(passphrase, "open sesame\n", { mode: 0o600 });
    const grouped = makePair(folder, "grouped");
    chmodSync(grouped.key, 0o640);
    expect(faultOf({ certificate: chain, key: leaf.key })).toBeNull();
    expect(faultOf(makePair(folder, "rsa", { key: "rsa:2048" }))).toBeNull();
    expect(faultOf(makePair(folder, "locked", { passphrase: "open sesame" }), { "tls.passphrase_file": passphrase })).toBeNull();
    expect(faultOf(grouped)).toBeNull();
  });
  test("bad: a short RSA key, a chain out of order, no passphrase or another one, garbage, nothing", () => {
    const ca = makePair(folder, "ca", { name: "CA" });
    const leaf = makePair(folder, "leaf", { ca });
    const stranger = makePair(folder, "stranger", { name: "other" });
    const both = (first: PairFiles, second: PairFiles) =>
      joinFiles(join(folder, "both.crt"), readFileSync(first.certificate, "utf8"), readFileSync(second.certificate, "utf8"));
    const passphrase = join(folder, "wrong");
    writeFileSync(passphrase, "another\n", { mode: 0o600 });
    const locked = makePair(folder, "locked", { passphrase: "open sesame" });
    expect(faultOf(makePair(folder, "short", { key: "rsa:1024" }))).toContain("shorter than 2048");
    expect(faultOf({ certificate: both(leaf, stranger), key: leaf.key })).toContain("did not issue");
    expect(faultOf({ certificate: both(ca, leaf), key: leaf.key })).toContain("is not the key of");
    expect(faultOf(locked)).toContain("tls.passphrase_file");
    expect(faultOf(locked, { "tls.passphrase_file": passphrase })).toContain("passphrase is another");
    expect(faultOf({ certificate: leaf.key, key: leaf.key })).toContain("holds no certificate");
    expect(faultOf({ ...leaf, certificate: join(folder, "nowhere") })).toContain("ENOENT");
    expect(faultOf({ ...leaf, key: join(folder, "nowhere") })).toContain("ENOENT");
    chmodSync(leaf.key, 0o604);
    expect(faultOf(leaf)).toContain("mode 604");
  });
});

describe.skipIf(!openssl)("the days before the end", () => {
  const ROWS: [days: number, level: string][] = [
    [31, "none"],
    [29, "warn"],
    [6, "error"],
    [-2, "error"],
  ];
  for (const [days, level] of ROWS) {
    test(`${days} days: ${level}`, () => {
      const pair = makePair(folder, "ending");
      const settings = settingsOf(pair);
      const first = readPair(settings);
      const told: string[] = [];
      const log = { debug() {}, info() {}, warn: () => told.push("warn"), error: () => told.push("error") };
      const front = { attach: () => ({}) as never, renew: () => {} };
      const now = first.expiresAt - days * DAY_MS + 1000;
      const served = { expiresAt: null, refused: 0 };
      const watch = watchCertificate(first, { settings, front, served, log, now: () => now, tick: () => 0 });
      expect(served.expiresAt as number | null).toBe(first.expiresAt);
      expect(told).toEqual(level === "none" ? [] : [level]);
      watch.stop();
    });
  }
});
