// Reads a file an administrator named in the configuration, but only below directories the host's owner has released: a passwd file must
// not become a way to read the rest of the disk. Symbolic links are followed and judged by where they end.
import { constants } from "node:fs";
import { open, realpath, stat } from "node:fs/promises";
import { isAbsolute, resolve, sep } from "node:path";
import { ResolverError } from "./resolver.ts";

const MAX_BYTES = 256 * 1024 * 1024;

/** Where the file is and which state of it: equal stamps mean the same inode, size and modification time. */
export interface FileState {
  path: string;
  stamp: string;
}

/**
 * Finds the file.
 * @param roots directories or single files, absolute
 * @throws ResolverError when it lies outside the roots, does not exist or is no plain file; outside them nothing is told about it
 */
export async function locateFile(path: string, roots: readonly string[]): Promise<FileState> {
  const outside = () => new ResolverError("the file lies outside the directories of the setting users.passwd_directories");
  if (path.includes("\0") || !isAbsolute(path)) throw new ResolverError("the file name must be an absolute path");
  const released = (await Promise.all(roots.map(async (root) => [resolve(root), await realpath(root).catch(() => null)]))).flat();
  const isReleased = (candidate: string) => released.some((root) => root !== null && isWithin(candidate, root));
  if (!isReleased(resolve(path))) throw outside();
  const real = await realpath(path).catch(refuse);
  if (!isReleased(real)) throw outside();
  return { path: real, stamp: describeState(await stat(real, { bigint: true }).catch(refuse)) };
}

/**
 * Reads a file found by `locateFile`.
 * @throws ResolverError when it can not be read, is too large, or changes while it is read
 */
export async function readLocated({ path, stamp }: FileState): Promise<Uint8Array> {
  // Without O_NONBLOCK the open of a FIFO that took the file's place would wait for ever.
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(refuse);
  try {
    const before = await handle.stat({ bigint: true });
    if (describeState(before) !== stamp) throw new ResolverError("the file changed while it was read");
    const bytes = await handle.readFile().catch(refuse);
    if (describeState(await handle.stat({ bigint: true })) !== stamp)
      throw new ResolverError("the file changed while it was read");
    return bytes;
  } finally {
    await handle.close();
  }
}

function describeState(found: { isFile(): boolean; dev: bigint; ino: bigint; size: bigint; mtimeNs: bigint }): string {
  if (!found.isFile()) throw new ResolverError("the path is not a plain file");
  if (found.size > MAX_BYTES) throw new ResolverError("the file is too large");
  return `${found.dev} ${found.ino} ${found.size} ${found.mtimeNs}`;
}

function isWithin(path: string, root: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
}

function refuse(cause: NodeJS.ErrnoException): never {
  if (cause.code === "ENOENT" || cause.code === "ENOTDIR") throw new ResolverError("the file does not exist");
  if (cause.code === "EACCES" || cause.code === "EPERM") throw new ResolverError("the file may not be read");
  throw new ResolverError("the file can not be read", { cause });
}
