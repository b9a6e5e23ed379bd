// Threads whose work can wait: log-ins come first.
import { readlinkSync } from "node:fs";
import { setPriority } from "node:os";

const NICE = 15;

/** Of the thread that calls, alone. */
export function lowerPriority(): void {
  try {
    setPriority(Number(readlinkSync("/proc/thread-self").split("/").at(-1)), NICE);
  } catch {
    // Another system: it works at the usual priority.
  }
}
