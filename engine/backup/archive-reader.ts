// Reads an archive, once and in order, and trusts nothing in it: the members must be exactly those of the manifest, whose seal
// was checked before the first of them is written anywhere. So there is no name, link, size or number of members to be afraid of.
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { createTarDecoder, type ParsedTarEntry } from "modern-tar";
import { ArchiveError, MANIFEST, MAX_MANIFEST_BYTES, type Manifest, type Part, readManifest, SEAL } from "./manifest.ts";

export interface OpenArchive {
  manifest: Manifest;
  /** As it stands in the archive, for its seal. */
  manifestText: string;
  seal: string;
  /** The next part as text. Errors as `extract`, also for one longer than `limit`. */
  readText(part: Part, limit: number): Promise<string>;
  /** Writes the next part into a new file with mode 0600 and brings it to the disk. Error: ArchiveError, if it is not exactly this part. */
  extract(part: Part, file: string, progress: (bytes: number) => void): Promise<void>;
  close(): Promise<void>;
}

/** Reads manifest and seal. Errors: ArchiveError, and those of the system for `path`. */
export async function openArchive(path: string): Promise<OpenArchive> {
  const file = createReadStream(path, { highWaterMark: 256 * 1024 });
  const unpacked = file.pipe(createGunzip());
  // An error of the file ends the whole chain.
  file.on("error", (fault) => unpacked.destroy(fault));
  const decoder = createTarDecoder({ strict: true });
  const entries = (Readable.toWeb(unpacked) as ReadableStream<Uint8Array>).pipeThrough(
    decoder as never,
  ) as ReadableStream<ParsedTarEntry>;
  const reader = entries.getReader();

  /** The next member, if it has this name and is a plain file. */
  async function next(name: string, limit: number): Promise<ParsedTarEntry> {
    const { value } = await translate(() => reader.read());
    if (value === undefined) throw new ArchiveError(`the archive ends before ${name}: it was cut off`);
    const { header } = value;
    if (header.name !== name || header.type !== "file")
      throw new ArchiveError(`the archive has something else in the place of ${name}`);
    if (header.size > limit) throw new ArchiveError(`${name} is larger than it can be`);
    return value;
  }

  async function* read(entry: ParsedTarEntry): AsyncGenerator<Uint8Array> {
    const body = entry.body.getReader();
    for (;;) {
      const { value, done } = await translate(() => body.read());
      if (done) return;
      yield value;
    }
  }

  async function readSmall(name: string, limit: number): Promise<Uint8Array> {
    const entry = await next(name, limit);
    return Buffer.concat(await Array.fromAsync(read(entry)));
  }

  const openPart = async (part: Part): Promise<ParsedTarEntry> => {
    const entry = await next(part.name, part.bytes);
    if (entry.header.size !== part.bytes) throw new ArchiveError(`${part.name} has another length than the manifest says`);
    return entry;
  };

  const archive: Omit<OpenArchive, "manifest" | "manifestText" | "seal"> = {
    async readText(part, limit) {
      if (part.bytes > limit) throw new ArchiveError(`${part.name} is larger than it can be`);
      const bytes = Buffer.concat(await Array.fromAsync(read(await openPart(part))));
      checkHash(part, new Bun.CryptoHasher("sha256").update(bytes));
      return bytes.toString("utf8");
    },
    async extract(part, target, progress) {
      const entry = await openPart(part);
      const hash = new Bun.CryptoHasher("sha256");
      const output = await open(target, "wx", 0o600);
      try {
        let done = 0;
        for await (const chunk of read(entry)) {
          hash.update(chunk);
          await output.write(chunk);
          done += chunk.length;
          progress(done);
        }
        await output.datasync();
      } finally {
        await output.close();
      }
      checkHash(part, hash);
    },
    async close() {
      await reader.cancel().catch(() => {});
      file.destroy();
    },
  };
  try {
    const manifestText = new TextDecoder().decode(await readSmall(MANIFEST, MAX_MANIFEST_BYTES));
    const seal = new TextDecoder().decode(await readSmall(SEAL, 200));
    return { ...archive, manifestText, seal, manifest: readManifest(manifestText) };
  } catch (fault) {
    await archive.close();
    throw fault;
  }
}

function checkHash(part: Part, hash: Bun.CryptoHasher): void {
  if (hash.digest("hex") !== part.sha256) throw new ArchiveError(`${part.name} is damaged: its hash is not that of the manifest`);
}

/** Faults of the file system stay what they are; any other is damage. */
async function translate<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (fault) {
    const code = (fault as { code?: unknown }).code;
    if (typeof code === "string" && /^(ENOENT|EACCES|EISDIR|EIO|EPERM)$/.test(code)) throw fault;
    throw new ArchiveError("the archive is damaged or cut off, or not one that ostiary backup wrote", { cause: fault });
  }
}
