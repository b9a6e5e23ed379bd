// Whether log-ins need the event loop: some came lately, and its thread wants a processor, running or waiting for one, most of the time.
// Bun 1.4.5 has no eventLoopUtilization. Linux counts it for each thread (proc(5), schedstat: nanoseconds run, and waited for a
// processor); elsewhere nothing is known, and nothing is ever high.
import { closeSync, openSync, readSync } from "node:fs";

export interface Pressure {
  /** Called by a timer. */
  beat(): void;
  readonly isHigh: boolean;
}

const WINDOW_MS = 40;
/** Beyond this share of the window. */
const HIGH = 0.5;

/** `tick`: monotonic milliseconds. `countLogins`: since the start. */
export function watchPressure(
  tick: () => number,
  countLogins: () => number,
  readBusyMs: () => number | null = readSchedule,
): Pressure {
  let since = tick();
  let logins = countLogins();
  let busyMs = readBusyMs();
  let isHigh = false;
  return {
    beat() {
      const now = tick();
      if (busyMs === null || now - since < WINDOW_MS) return;
      const busy = readBusyMs() ?? busyMs;
      isHigh = countLogins() > logins && busy - busyMs > HIGH * (now - since);
      logins = countLogins();
      since = now;
      busyMs = busy;
    },
    get isHigh() {
      return isHigh;
    },
  };
}

const buffer = Buffer.alloc(64);

/** Of the main thread, milliseconds; null where the system does not say. */
function readSchedule(): number | null {
  try {
    const file = openSync(`/proc/self/task/${process.pid}/schedstat`, "r");
    try {
      const [ran, waited] = buffer.toString("latin1", 0, readSync(file, buffer)).split(" ");
      return (Number(ran) + Number(waited)) / 1e6;
    } finally {
      closeSync(file);
    }
  } catch {
    return null;
  }
}
