// Fuzzing of the decoders that read files: archives, settings, rules, documents, checkpoints, users, vendors' keys.
// kit/fuzz-decoder.ts says how to let it run longer. Who can write these files may be an honest disk, a vendor, or a thief of backups.
import { afterAll, describe, expect, test } from "bun:test";
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { packTar } from "modern-tar";
import { generateKey } from "openpgp";
import { readCheckpoints } from "../engine/audit/checkpoint-file.ts";
import { findDays, parseRules, RulesFileError } from "../engine/audit/rotation-rules.ts";
import { openArchive } from "../engine/backup/archive-reader.ts";
import { ArchiveError, readManifest } from "../engine/backup/manifest.ts";
import { findPathFault } from "../engine/backup/part-path.ts";
import { loadSettings, SettingsError } from "../engine/config.ts";
import { encodeAuditStatement } from "../engine/core/audit-chain.ts";
import { packNumbers, unpackNumbers, valueAt } from "../engine/core/packed-numbers.ts";
import { DocumentError, parseDocument } from "../engine/services/configuration-file.ts";
import { createGpgKeys } from "../engine/services/gpg-keys.ts";
import { indexPasswd, PasswdFormatError } from "../engine/users/passwd-file.ts";
import { makeDataDir, removeDataDir } from "./kit/data-dir.ts";
import { type Decoder, fuzzDecoder, fuzzPatience } from "./kit/fuzz-decoder.ts";
import { createDice, mutate } from "./kit/mutate.ts";

const folder = makeDataDir();
afterAll(() => removeDataDir(folder));
const str = (input: Buffer) => input.toString("utf8");

const signer = generateKeyPairSync("ed25519");
const checkpoint = (seq: number) => {
  const statement = { node: "node1", epoch: 1, chain: 1, seq, hash: Buffer.alloc(32, seq), at: 1_700_000_000_000 };
  const signature = sign(null, encodeAuditStatement(statement), signer.privateKey).toString("hex");
  return `${JSON.stringify({ ...statement, hash: statement.hash.toString("hex"), signature })}\n`;
};

const document = JSON.stringify({
  format: "ostiary-configuration",
  version: 1,
  resolvers: { home: { type: "passwdresolver", data: { Filename: "/etc/passwd" } } },
  realms: { house: { resolvers: [{ name: "home", priority: 1 }] } },
  default_realm: "house",
  system: { splitAtSign: { value: "True", type: "public", description: "" } },
  token_groups: { g: { description: "x" } },
});
const database = Buffer.alloc(700, 65);
const manifest = JSON.stringify({
  ...{ format: 1, release: "0.1.0", node: "node1", madeAt: 1, dataDir: "/srv/ostiary", schema: 9, keysInside: false },
  ...{ keyIds: ["01020304"], counts: { tokens: 1, administrators: 1, auditRows: 1 } },
  chains: [{ node: "node1", epoch: 1, seq: 5, hash: "00" }],
  parts: [
    { name: "ostiary.db", bytes: database.length, sha256: createHash("sha256").update(database).digest("hex") },
    { name: "files/users/passwd", bytes: 1, sha256: createHash("sha256").update("x").digest("hex") },
  ],
});

async function readArchive(bytes: Uint8Array): Promise<unknown> {
  const path = join(folder, "archive.tar.gz");
  writeFileSync(path, bytes);
  const archive = await openArchive(path);
  const file = join(folder, "part");
  try {
    for (const part of archive.manifest.parts) {
      rmSync(file, { force: true });
      await archive.extract(part, file, () => {});
      expect(readFileSync(file)).toHaveLength(part.bytes);
    }
  } finally {
    await archive.close();
  }
  return archive.manifest;
}

const decoders: Record<string, Decoder> = {
  "packed numbers": {
    seeds: [[], [5], [1, 2, 255], [0, 70_000], [-5, 2 ** 40], [7, 7, 7]].map((numbers) => packNumbers(numbers)),
    run: (input) => {
      const packed = unpackNumbers(input);
      for (let index = 0; index < Math.min(100, packed.count); index++) expect(valueAt(packed, index)).toBeNumber();
      return packed.count;
    },
    errors: [RangeError],
  },
  "checkpoints of the trail": {
    seeds: [checkpoint(1) + checkpoint(2)],
    tokens: ['"seq":1e400', '"epoch":-1', "null\n", "[]\n", "{}\n", '"hash":"zz"', '"signature":""'],
    run: async (input) => {
      const path = join(folder, "checkpoints");
      writeFileSync(path, input);
      const found = await Array.fromAsync(readCheckpoints(path, signer.publicKey, () => {}));
      for (const { seq } of found) expect([1, 2]).toContain(seq);
      return found.length;
    },
    errors: [],
    runs: 300,
  },
  "rules of rotation": {
    seeds: ["- rotate: 30\n  action: ^GET /token\n- rotate: 180\n", '- {rotate: 0, user: "(?i)a|b+", success: 1}\n'],
    tokens: [
      "&a",
      "*a",
      "<<: *a",
      "!!binary",
      "!!js/function",
      "? ",
      "(a{1000})",
      "{1000}",
      "(?P<n>",
      "\\pN",
      "- - - -",
      "|\n",
      "%YAML 1.1\n---\n",
    ],
    run: (input) => findDays(parseRules(str(input)), () => `GET /token ${"a".repeat(200)}`),
    errors: [RulesFileError],
    ms: 3000,
    runs: 600,
  },
  "documents of configuration": {
    seeds: [document],
    tokens: ['"resolvers":null', "[null]", '"__proto__":{}', '"priority":1e3', "[[", '{"a":'],
    run: (input) => parseDocument(str(input)),
    errors: [DocumentError],
  },
  "settings in TOML": {
    seeds: [
      '[server]\nlisten = "127.0.0.1:8080"\nbody_limit = "1MiB"\n[guard]\nuser = "100/1800"\ntrusted = ["10.0.0.0/8"]\n',
      '"hash.memory_kib" = 8\nnode.name = "a"\n[[auth.trusted_jwt]]\nalgorithm = "RS256"\nrole = "user"\nusername = ".*"\npublic_key = "x"\n',
    ],
    tokens: ["[[", "]]", "= {", "'''", '"""', "1979-05-27T07:32:00Z", "0x", "inf", "nan", "__proto__", "a.b.c.d = 1\n", "[[[[[["],
    run: (input) => {
      const file = join(folder, "ostiary.toml");
      writeFileSync(file, input);
      return Object.keys(loadSettings({ dataDir: folder, file, env: {}, flags: [] })).length;
    },
    errors: [SettingsError],
  },
  "passwd files": {
    seeds: ["alice:x:1:1:Alice A,,1,2,a@b:/:/bin/sh\nbob:$1$a$b:2:2::/:\n", "# x\n\n+nis\nroot:x:0:0:root:/root:/bin/sh\n"],
    tokens: [":", ":::", "\n", "+", "-", "#", "::::::\n"],
    run: async (input) => {
      const file = await indexPasswd(input, async () => {});
      const entries = [...file.lines("")].filter((line) => line !== null);
      expect(entries).toHaveLength(file.size);
      for (const { login, userId } of entries.slice(0, 20)) {
        expect(file.byLogin(login)?.login).toBe(login);
        expect([...file.named(login)].filter((line) => line?.login === login)).toHaveLength(1);
        expect(file.byId(userId)?.userId).toBe(userId);
      }
      return entries.length;
    },
    errors: [PasswdFormatError],
  },
  manifests: {
    seeds: [manifest],
    tokens: [
      "null",
      "[null]",
      '{"name":"files/../../x","bytes":1,"sha256":""}',
      '"parts":{}',
      '"chains":[null]',
      '"counts":null',
      "1e400",
    ],
    run: (input) => {
      const { parts, chains, counts, keyIds } = readManifest(str(input));
      for (const { name } of parts) expect(name === "ostiary.db" || findPathFault(name) === null).toBe(true);
      for (const { node, hash, seq, epoch } of chains)
        expect([node, hash, seq, epoch].map((one) => typeof one)).toEqual(["string", "string", "number", "number"]);
      expect([typeof counts.tokens, typeof counts.administrators, typeof counts.auditRows]).toEqual([
        "number",
        "number",
        "number",
      ]);
      for (const id of keyIds) expect(id).toMatch(/^[0-9a-f]{8}$/);
      return parts.length;
    },
    errors: [ArchiveError],
  },
};

describe("decoders of files", () => {
  for (const [name, decoder] of Object.entries(decoders)) test(name, () => fuzzDecoder(name, decoder), fuzzPatience);

  const archiveErrors = [ArchiveError];
  const tar = () =>
    packTar([
      { header: { name: "manifest.json", size: Buffer.byteLength(manifest), type: "file" }, body: manifest },
      { header: { name: "manifest.seal", size: 64, type: "file" }, body: "0".repeat(64) },
      { header: { name: "ostiary.db", size: database.length, type: "file" }, body: database },
      { header: { name: "files/users/passwd", size: 1, type: "file" }, body: "x" },
    ]);
  test(
    "archives, changed before they are packed",
    async () => {
      const seeds = [await tar()];
      const tokens = ["ustar", "../../x\0", "00000000144\0", "77777777777\0", "\0".repeat(512), "g", "x", "L", "2"];
      const run = (input: Buffer) => readArchive(gzipSync(input, { level: 1 }));
      await fuzzDecoder("archives, unpacked", { seeds, tokens, run, errors: archiveErrors, runs: 300, ms: 2000 });
    },
    fuzzPatience,
  );
  test(
    "archives, changed after they were packed",
    async () => {
      const seeds = [gzipSync(await tar())];
      await fuzzDecoder("archives, packed", { seeds, run: readArchive, errors: archiveErrors, runs: 300, ms: 2000 });
    },
    fuzzPatience,
  );

  test(
    "OpenPGP keys",
    async () => {
      const { publicKey, privateKey } = await generateKey({ type: "ecc", userIDs: [{ name: "vendor" }] });
      const binary = Buffer.from(publicKey.replace(/-----[^-]*-----|^=.*$/gm, "").replace(/\s/g, ""), "base64");
      const corpus = [Buffer.from(publicKey), Buffer.from(privateKey), binary];
      const dice = createDice(Number(process.env.OSTIARY_FUZZ_SEED ?? 1));
      const rounds = process.env.OSTIARY_FUZZ_SECONDS ? 20 : 1;
      for (let round = 0; round < rounds; round++) {
        const directory = join(folder, `gpg${round}`);
        mkdirSync(directory);
        writeFileSync(join(directory, "a.asc"), publicKey);
        for (let file = 0; file < 90; file++) writeFileSync(join(directory, `f${file}.asc`), mutate(corpus, dice));
        const faults: string[] = [];
        const keys = await createGpgKeys(directory, (_file, why) => faults.push(why)).list();
        expect(Object.keys(keys).length).toBeGreaterThan(0);
        for (const { armor } of Object.values(keys)) expect(armor).not.toContain("PRIVATE");
      }
    },
    fuzzPatience,
  );
});

test("nothing was written beside the directory", () => expect(existsSync(join(folder, "..", "x"))).toBe(false));
