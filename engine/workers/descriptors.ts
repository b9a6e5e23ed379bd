// File descriptors this process may still open. Bun 1.4.5 ends the whole process when a thread starts and finds none.
import { closeSync, openSync } from "node:fs";
import { WorkersFailingError } from "./failing.ts";

/** What a thread opens at its start: its loop, its modules, a database with its log. */
export const FOR_A_THREAD = 16;

/** Milliseconds until a start is tried again for which there were none. */
export const DESCRIPTORS_MS = 500;

/** What to do when there are none, for GET /readyz and the log. */
export const NO_DESCRIPTORS =
  "no file descriptors are left: new connections wait, and threads can not be started. Raise LimitNOFILE (ulimit -n), or lower server.connections";

/** Before a thread of its own is started for `task`, e.g. "copy the database". Error: WorkersFailingError. */
export function demandDescriptors(task: string): void {
  if (!hasDescriptors(FOR_A_THREAD)) throw new WorkersFailingError(`the thread to ${task} is missing: ${NO_DESCRIPTORS}`, 1);
}

/** Are `count` left? Tries, 3 µs each: the limit may change while the process runs. */
export function hasDescriptors(count: number): boolean {
  const open: number[] = [];
  try {
    while (open.length < count) open.push(openSync("/dev/null", "r"));
    return true;
  } catch {
    return false;
  } finally {
    for (const descriptor of open) closeSync(descriptor);
  }
}
