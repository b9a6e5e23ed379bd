// Writes an archive: a compressed tar that appears under its name only when it is whole and on disk.
//
//   draft --members, fsync--> NAME, never over another file
import { createReadStream, createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { createTarPacker } from "modern-tar";
import { publishDraft } from "./whole-file.ts";

export interface Member {
  name: string;
  bytes: number;
  /** The content itself, or the file that holds it. */
  source: Uint8Array | { file: string };
}

/** The log of the audit trail shrinks to a fifth at the quickest level, and better ones take several times as long. */
const COMPRESSION = { level: 1 };

/**
 * @param draft where it is written, on the same file system; the caller removes it in any case
 * @param modifiedAt milliseconds since 1970, written at each member
 * @param progress hears how many bytes of the members went in
 * Errors: EEXIST if `path` is there, and what the system says.
 */
export async function writeArchive(
  path: string,
  draft: string,
  members: readonly Member[],
  modifiedAt: number,
  progress: (bytes: number) => void,
): Promise<void> {
  const { readable, controller } = createTarPacker();
  const file = createWriteStream(draft, { flags: "wx", mode: 0o600 });
  const written = pipeline(Readable.fromWeb(readable as never), createGzip(COMPRESSION), file);
  const packed = packMembers(controller, members, modifiedAt, progress).catch((fault: unknown) => {
    controller.error(fault);
    throw fault;
  });
  await Promise.all([written, packed]);
  publishDraft(draft, path);
}

async function packMembers(
  controller: ReturnType<typeof createTarPacker>["controller"],
  members: readonly Member[],
  modifiedAt: number,
  progress: (bytes: number) => void,
): Promise<void> {
  let done = 0;
  for (const { name, bytes, source } of members) {
    const header = { name, size: bytes, type: "file" as const, mode: 0o600, mtime: new Date(modifiedAt) };
    const writer = controller.add(header).getWriter();
    for await (const chunk of readSource(source)) {
      await writer.write(chunk);
      done += chunk.length;
      progress(done);
    }
    await writer.close();
  }
  controller.finalize();
}

async function* readSource(source: Member["source"]): AsyncGenerator<Uint8Array> {
  if (source instanceof Uint8Array) yield source;
  else yield* createReadStream(source.file, { highWaterMark: 1024 * 1024 });
}
