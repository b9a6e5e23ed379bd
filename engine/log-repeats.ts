// A log for faults that every call meets at once: of lines with the same message and the same error one a minute is printed, and
// the next one says how often it came meanwhile. Ten thousand log-ins on a full disk are two lines, not ten thousand.
import type { Log, LogFields } from "./log.ts";

const EVERY_MS = 60_000;
/** Different lines remembered at most; beyond it they are forgotten and may come again. */
const MOST_LINES = 200;

/** `tick`: monotonic milliseconds. */
export function limitRepeats(log: Log, tick: () => number): Log {
  // Cache. Key: message and error. Bound: MOST_LINES, then emptied. Lifetime: EVERY_MS. Losing an entry costs one line.
  const told = new Map<string, { at: number; held: number }>();

  function tell(level: keyof Log, message: string, fields: LogFields = {}): void {
    const key = `${message}\0${String(fields.error ?? "")}`;
    const last = told.get(key);
    if (last && tick() - last.at < EVERY_MS) {
      last.held += 1;
      return;
    }
    if (told.size >= MOST_LINES) told.clear();
    told.set(key, { at: tick(), held: 0 });
    log[level](message, last && last.held > 0 ? { ...fields, repeated: last.held } : fields);
  }

  return {
    debug: (message, fields) => tell("debug", message, fields),
    info: (message, fields) => tell("info", message, fields),
    warn: (message, fields) => tell("warn", message, fields),
    error: (message, fields) => tell("error", message, fields),
  };
}
