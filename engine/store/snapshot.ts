// A copy of the database as it is at one moment, while others write: VACUUM INTO in a thread of its own. It reads under one
// transaction, so writers go on, and the log of the database grows until it ends; what was deleted is not in the copy.
import { Database } from "bun:sqlite";
import { closeSync, openSync, statSync } from "node:fs";
import { demandDescriptors } from "../workers/descriptors.ts";
import { StoreUnavailableError } from "./store.ts";

const LOOK_EVERY_MS = 100;

/** @param progress hears how many bytes of the copy are written, and how many it will have, about */
export async function copyDatabase(path: string, target: string, progress: (done: number, total: number) => void): Promise<void> {
  demandDescriptors("copy the database");
  // SQLite would create it readable for all; into an empty file it writes.
  closeSync(openSync(target, "wx", 0o600));
  const total = countBytes(path);
  const worker = new Worker(new URL("./snapshot-worker.ts", import.meta.url).href);
  const timer = setInterval(() => progress(Math.min(statSync(target).size, total), total), LOOK_EVERY_MS);
  try {
    await new Promise<void>((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<string | null>) => {
        if (data === null) resolve();
        else reject(new StoreUnavailableError(`the database can not be copied: ${data}`));
      };
      worker.onerror = ({ message }) => reject(new StoreUnavailableError(`the database can not be copied: ${message}`));
      worker.postMessage({ path, target });
    });
    progress(total, total);
  } finally {
    clearInterval(timer);
    worker.terminate();
  }
}

/** Bytes of the pages in use. */
function countBytes(path: string): number {
  const db = new Database(path, { readonly: true });
  try {
    const read = (pragma: string) => Number(Object.values(db.query(`PRAGMA ${pragma}`).get() ?? {})[0] ?? 0);
    return (read("page_count") - read("freelist_count")) * read("page_size");
  } finally {
    db.close();
  }
}
