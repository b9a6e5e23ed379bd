// What does not keep log-ins from being answered and needs somebody all the same: GET /readyz shows it, the log has when it came and
// went. Each part of the engine has one place for what is wrong with it.
import type { Log } from "./log.ts";

export interface Notices {
  /** `text` null: it is in order again. Told to the log when it changes. */
  set(part: string, text: string | null): void;
  list(): string[];
}

export function createNotices(log: Log): Notices {
  const open = new Map<string, string>();
  return {
    set(part, text) {
      const before = open.get(part) ?? null;
      if (before === text) return;
      if (text === null) {
        open.delete(part);
        log.info("in order again", { part, was: before });
        return;
      }
      open.set(part, text);
      log.warn(text, { part });
    },
    list: () => [...open.values()],
  };
}
