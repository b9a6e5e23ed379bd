// Runs in a thread: copies a database (snapshot.ts). Answers null, or what SQLite said.
import { Database } from "bun:sqlite";

declare const self: Worker;

self.onmessage = ({ data: { path, target } }: MessageEvent<{ path: string; target: string }>) => {
  try {
    const db = new Database(path, { readonly: true });
    db.run("PRAGMA busy_timeout = 5000");
    db.run("VACUUM INTO ?", [target]);
    db.close();
    postMessage(null);
  } catch (error) {
    postMessage(error instanceof Error ? error.message : String(error));
  }
};
