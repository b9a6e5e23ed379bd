// Archives that were damaged, cut off, altered, or made by somebody else. A restore of one must refuse, leave nothing, write nowhere
// but into its own directory, and never need more time or memory than the archive is worth.
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { createHmac } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { packTar, type TarEntry, unpackTar } from "modern-tar";
import { sealedText } from "../engine/backup/manifest.ts";
import { findPathFault } from "../engine/backup/part-path.ts";
import { backUp, restoreFrom, type TestArchive } from "./kit/backups.ts";
import { makeDataDir } from "./kit/data-dir.ts";
import { startApp, type TestApp } from "./kit/start-app.ts";
import { enrol, passwdLine } from "./kit/tokens.ts";

setDefaultTimeout(30_000);

interface Entry {
  name: string;
  data: Uint8Array;
  type?: "file" | "symlink" | "link" | "directory";
  linkname?: string;
  /** What the head claims, where it is not the truth. */
  size?: number;
}

let app: TestApp;
let good: TestArchive;
let entries: Entry[];
let mac: Buffer;

beforeAll(async () => {
  app = await startApp();
  await app.addRealm("home", [passwdLine("alice", 1001)]);
  await enrol(app, { user: "alice" });
  good = await backUp(app);
  mac = Buffer.from(JSON.parse(readFileSync(join(app.dataDir, "keys", "session.json"), "utf8")).mac, "base64");
  const read = await unpackTar(gunzipSync(readFileSync(good.archive)));
  entries = read.map(({ header, data }) => ({ name: header.name, data: data ?? new Uint8Array(0) }));
});
afterAll(() => app.stop());

const text = (value: string) => new TextEncoder().encode(value);
const find = (name: string) => entries.find((entry) => entry.name === name)?.data ?? new Uint8Array(0);
const manifest = () => JSON.parse(new TextDecoder().decode(find("manifest.json")));

async function write(list: readonly Entry[]): Promise<TestArchive> {
  const tar = await packTar(
    list.map(
      ({ name, data, type = "file", linkname = "" }): TarEntry => ({
        header: { name, size: type === "file" ? data.length : 0, type, linkname },
        body: type === "file" ? data : undefined,
      }),
    ),
  );
  const archive = join(makeDataDir(), "hostile.tar.gz");
  writeFileSync(archive, gzipSync(tar));
  return { ...good, archive };
}

/** The archive with another manifest, which is sealed by the right key unless `seal` says otherwise. */
function withManifest(changed: unknown, list = entries, key = mac): Entry[] {
  const document = typeof changed === "string" ? changed : JSON.stringify(changed);
  const seal = createHmac("sha256", key).update(sealedText(document)).digest("hex");
  const own = new Map([
    ["manifest.json", text(document)],
    ["manifest.seal", text(seal)],
  ]);
  return list.map((entry) => ({ ...entry, data: own.get(entry.name) ?? entry.data }));
}

/** A member more, in the manifest and in the archive. */
function withPart(name: string, entry: Partial<Entry> = {}): Entry[] {
  const data = entry.data ?? text("evil");
  const part = { name, bytes: data.length, sha256: new Bun.CryptoHasher("sha256").update(data).digest("hex") };
  const changed = { ...manifest(), parts: [part, ...manifest().parts] };
  const [first, second, ...rest] = withManifest(changed);
  return [first, second, { name, data, ...entry }, ...rest] as Entry[];
}

/** It is refused with these words, and neither the data directory nor anything beside it is there afterwards. */
async function expectRefusal(archive: TestArchive, words: RegExp): Promise<void> {
  const room = makeDataDir();
  const dataDir = join(room, "a", "b", "data");
  mkdirSync(dirname(dataDir), { recursive: true });
  const fault = await restoreFrom(archive, app.engine.now, { dataDir }).then(
    () => null,
    (error: unknown) => error,
  );
  expect(String(fault)).toMatch(words);
  expect(readdirSync(room, { recursive: true }).sort()).toEqual(["a", join("a", "b")]);
}

describe("the archive as it is", () => {
  test("is restored, also when it was packed anew", async () => {
    const { dataDir } = await restoreFrom(await write(entries), app.engine.now);
    expect(existsSync(join(dataDir, "users", "home"))).toBe(true);
    const modes = readdirSync(dataDir, { recursive: true, withFileTypes: true }).map((entry) =>
      (statSync(join(entry.parentPath, entry.name)).mode & 0o777).toString(8),
    );
    expect(new Set(modes)).toEqual(new Set(["600", "700"]));
  });

  test("holds no key in the clear", () => {
    const ring = JSON.parse(readFileSync(join(app.dataDir, "keys", "keyring.json"), "utf8"));
    const session = JSON.parse(readFileSync(join(app.dataDir, "keys", "session.json"), "utf8"));
    const tar = gunzipSync(readFileSync(good.archive)).toString("latin1");
    for (const secret of [ring.sealKeys[0].key, session.mac, session.pepper]) {
      expect(tar).not.toContain(secret);
      expect(tar).not.toContain(Buffer.from(secret, "base64").toString("latin1"));
    }
    expect(tar).not.toContain("PRIVATE KEY");
  });

  test("a directory with anything in it is never restored into", async () => {
    const dataDir = makeDataDir();
    writeFileSync(join(dataDir, "ostiary.toml"), "");
    const fault = await restoreFrom(good, app.engine.now, { dataDir }).catch((error: unknown) => error);
    expect(String(fault)).toContain("is not empty");
    expect(readdirSync(dataDir)).toEqual(["ostiary.toml"]);
  });

  test("a running server's directory is never restored into", async () => {
    const fault = await restoreFrom(good, app.engine.now, { dataDir: app.dataDir }).catch((error: unknown) => error);
    expect(String(fault)).toContain("is not empty");
  });
});

describe("damage", () => {
  test("one byte flipped anywhere", async () => {
    const bytes = readFileSync(good.archive);
    // Not the ten bytes of the gzip head: time and system there mean nothing.
    for (const at of [10, 40, 200, Math.floor(bytes.length / 2), bytes.length - 100, bytes.length - 6]) {
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ 0x10;
      const archive = join(makeDataDir(), "flipped.tar.gz");
      writeFileSync(archive, flipped);
      await expectRefusal({ ...good, archive }, /ArchiveError/);
    }
  });

  test("cut off anywhere", async () => {
    const bytes = readFileSync(good.archive);
    for (const length of [0, 1, 9, 30, 500, Math.floor(bytes.length / 2), bytes.length - 40]) {
      const archive = join(makeDataDir(), "cut.tar.gz");
      writeFileSync(archive, bytes.subarray(0, length));
      await expectRefusal({ ...good, archive }, /ArchiveError/);
    }
  });

  test.each([
    ["no archive at all", text("hello")],
    ["gzip of something else", gzipSync(text("hello ".repeat(1000)))],
    ["an empty tar", gzipSync(new Uint8Array(10_240))],
  ])("%s", async (_name, bytes) => {
    const archive = join(makeDataDir(), "other");
    writeFileSync(archive, bytes);
    await expectRefusal({ ...good, archive }, /ArchiveError/);
  });

  test("a part that is missing, swapped with another, or shorter than it was", async () => {
    await expectRefusal(await write(entries.slice(0, -1)), /cut off/);
    await expectRefusal(await write([...entries.slice(0, 2), ...entries.slice(2).reverse()]), /something else in the place/);
    const shorter = entries.map((entry) => (entry.name === "ostiary.db" ? { ...entry, data: entry.data.subarray(4096) } : entry));
    await expectRefusal(await write(shorter), /another length/);
  });
});

describe("alterations", () => {
  test("a manifest without the right seal: of another key, of none, of another text", async () => {
    await expectRefusal(await write(withManifest(manifest(), entries, Buffer.alloc(32, 1))), /altered/);
    await expectRefusal(
      await write(entries.map((entry) => (entry.name === "manifest.seal" ? { ...entry, data: text("") } : entry))),
      /altered/,
    );
    const changed = text(JSON.stringify({ ...manifest(), node: "other" }));
    await expectRefusal(
      await write(entries.map((entry) => (entry.name === "manifest.json" ? { ...entry, data: changed } : entry))),
      /altered/,
    );
  });

  test("a database that was changed, an administrator more for example", async () => {
    const changed = entries.map((entry) => {
      if (entry.name !== "ostiary.db") return entry;
      const data = Uint8Array.from(entry.data);
      data[data.length - 10] = (data[data.length - 10] ?? 0) ^ 1;
      return { ...entry, data };
    });
    await expectRefusal(await write(changed), /ostiary\.db is damaged/);
  });

  test("keys of another server", async () => {
    const other = await startApp();
    const { keys } = await backUp(other);
    await other.stop();
    await expectRefusal({ ...good, keys }, /not those of the server/);
  });

  test.each([
    ["newer", 2, /newer release/],
    ["older", 0, /no release ever wrote/],
    ["no number", "1", /damaged/],
  ])("a format that is %s", async (_name, format, words) => {
    await expectRefusal(await write(withManifest({ ...manifest(), format })), words);
  });

  test.each([
    ["null", "null"],
    ["a list", "[]"],
    ["no parts", { parts: [] }],
    ["parts twice", { parts: "twice" }],
    ["negative bytes", { parts: "negative" }],
  ])("a manifest that is %s", async (_name, change) => {
    const { parts } = manifest();
    const changes: Record<string, unknown> = {
      twice: [...parts, parts[0]],
      negative: parts.map((part: { bytes: number }) => ({ ...part, bytes: -1 })),
    };
    const odd = typeof change === "string" ? change : { ...manifest(), parts: changes[String(change.parts)] ?? change.parts };
    await expectRefusal(await write(withManifest(odd)), /the manifest is damaged/);
  });
});

describe("members that lead elsewhere, even under the right seal", () => {
  test.each([
    "files/../../evil",
    "files//etc/evil",
    "/etc/evil",
    "files/a/../../evil",
    "evil",
    "files/",
    "files/a\\..\\b",
    "files/a\u0000b",
  ])("%j", async (name) => expectRefusal(await write(withPart(name)), /ArchiveError/));

  test("a link in the place of a file, and a directory", async () => {
    await expectRefusal(await write(withPart("files/link", { type: "symlink", linkname: "/etc/passwd" })), /something else/);
    await expectRefusal(await write(withPart("files/link", { type: "link", linkname: "ostiary.db" })), /something else/);
    await expectRefusal(await write(withPart("files/dir", { type: "directory" })), /something else|another length/);
  });

  test("a member more that the manifest does not name is never written", async () => {
    const archive = await write([...entries, { name: "files/../../evil", data: text("evil") }]);
    const { dataDir } = await restoreFrom(archive, app.engine.now);
    expect(readdirSync(dirname(dataDir))).not.toContain("evil");
    const first = await write([...entries.slice(0, 2), { name: "files/evil", data: text("evil") }, ...entries.slice(2)]);
    await expectRefusal(first, /something else/);
  });

  test("a part in the place of the database's own files or of the keys", async () => {
    await expectRefusal(await write(withPart("files/keys/session.json")), /EEXIST/);
    await expectRefusal(await write(withPart("files/ostiary.db")), /EEXIST/);
  });

  test.each([
    ["users/passwd", null],
    ["a b/ü", null],
    ["", "empty"],
    ["a/./b", "leads"],
    ["../a", "leads"],
    ["a//b", "leads"],
    ["a:b", "leads"],
    ["x".repeat(401), "long"],
  ])("the path %j", (path, fault) => {
    if (fault === null) expect(findPathFault(path)).toBeNull();
    else expect(findPathFault(path)).toContain(fault);
  });
});

describe("members that are too large", () => {
  test("a manifest that unpacks to a gigabyte is refused after 16 MiB, in no time", async () => {
    const started = performance.now();
    const head = (await packTar([{ header: { name: "manifest.json", size: 0, type: "file" } }])).slice(0, 512);
    // size 2^30 in octal, and the checksum anew
    head.set(text("10000000000\0"), 124);
    head.set(text("        "), 148);
    const sum = head.reduce((total, byte) => total + byte, 0);
    head.set(text(`${sum.toString(8).padStart(6, "0")}\0 `), 148);
    const archive = join(makeDataDir(), "huge.tar.gz");
    writeFileSync(archive, gzipSync(Buffer.concat([head, Buffer.alloc(64 * 1024 * 1024)])));
    await expectRefusal({ ...good, archive }, /larger than it can be/);
    expect(performance.now() - started).toBeLessThan(5000);
  });

  test("more than the disk can hold is refused before it is unpacked", async () => {
    const { parts, ...rest } = manifest();
    const huge = parts.map((part: { name: string }) => (part.name === "ostiary.db" ? { ...part, bytes: 2 ** 50 } : part));
    await expectRefusal(await write(withManifest({ ...rest, parts: huge })), /bytes are free|are free/);
  });
});
