// The OpenPGP keys that vendors encrypt seed files to (rest-api.md 2.5, `GET /system/gpgkeys`; config-and-tokens.md A67).
import type { Stats } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { demandDescriptors } from "../workers/descriptors.ts";
import type { GpgAnswer, GpgJob } from "./gpg-worker.ts";

export interface GpgKey {
  /** ASCII armoured, the public half only. */
  armor: string;
  /** 40 hexadecimal digits in capitals. */
  fingerprint: string;
}

export interface GpgKeys {
  /** By key id: 16 hexadecimal digits in capitals. */
  list(): Promise<Record<string, GpgKey>>;
}

/** What GnuPG and others call exported keys. A key ring of GnuPG itself (pubring.kbx) has a form of its own and is not read. */
const NAMES = /\.(?:asc|gpg|pgp|key|pub)$/i;
const MAX_FILES = 100;
const MAX_BYTES = 1024 * 1024;
const PATIENCE_MS = 20_000;

/**
 * @param directory need not exist
 * @param warn hears of files that hold no key that can be read
 */
export function createGpgKeys(directory: string, warn: (file: string, why: string) => void): GpgKeys {
  // Cache. Key: none, the keys of one directory. Bound: MAX_FILES of MAX_BYTES. Lifetime: until a file's name, size or time changes.
  let known: { stamp: string; keys: Record<string, GpgKey> } = { stamp: "", keys: {} };
  let running: Promise<Record<string, GpgKey>> | null = null;

  async function look(): Promise<Record<string, GpgKey>> {
    const files = await listFiles(directory);
    const stamp = files.map(({ path, stats }) => `${path}|${stats.size}|${stats.mtimeMs}|${stats.ino}`).join("\n");
    if (stamp === known.stamp) return known.keys;
    demandDescriptors("read OpenPGP keys");
    // Whatever comes of it, the same files are not tried again.
    known = { ...known, stamp };
    const answers = await parse(files.map(({ path }) => path));
    const keys: Record<string, GpgKey> = {};
    for (const { path, keys: found, fault } of answers) {
      if (fault !== null) warn(path, fault);
      for (const { id, ...key } of found) keys[id] ??= key;
    }
    known = { stamp, keys };
    return keys;
  }

  return {
    list() {
      running ??= look().finally(() => {
        running = null;
      });
      return running;
    },
  };
}

/** Key files in the order of their names. */
async function listFiles(directory: string): Promise<{ path: string; stats: Stats }[]> {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const wanted = names.filter((name) => NAMES.test(name)).sort();
  const found = await Promise.all(
    wanted.slice(0, MAX_FILES).map(async (name) => {
      const path = join(directory, name);
      return { path, stats: await stat(path).catch(() => null) };
    }),
  );
  return found.flatMap(({ path, stats }) => (stats?.isFile() && stats.size <= MAX_BYTES ? [{ path, stats }] : []));
}

/** In a thread for this one time: the library alone takes 30 ms to load, and keys may be large. */
function parse(paths: string[]): Promise<GpgAnswer[]> {
  if (paths.length === 0) return Promise.resolve([]);
  const worker = new Worker(new URL("./gpg-worker.ts", import.meta.url).href);
  const answer = new Promise<GpgAnswer[]>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error("the OpenPGP keys took too long to read")), PATIENCE_MS);
    worker.onmessage = ({ data }: MessageEvent<GpgAnswer[]>) => {
      clearTimeout(late);
      resolve(data);
    };
    worker.onerror = (event) => {
      clearTimeout(late);
      reject(new Error(`the OpenPGP keys could not be read: ${event.message}`));
    };
  });
  worker.postMessage(paths satisfies GpgJob);
  return answer.finally(() => worker.terminate());
}
