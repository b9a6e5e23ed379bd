import { expect, test } from "bun:test";
import type { Log, LogFields } from "./log.ts";
import { limitRepeats } from "./log-repeats.ts";

function listen(): { log: Log; lines: [string, LogFields | undefined][] } {
  const lines: [string, LogFields | undefined][] = [];
  const tell = (message: string, fields?: LogFields) => void lines.push([message, fields]);
  return { lines, log: { debug: tell, info: tell, warn: tell, error: tell } };
}

test("ten thousand equal faults are one line a minute, which counts those between", () => {
  const { log, lines } = listen();
  let now = 0;
  const rare = limitRepeats(log, () => now);
  for (let count = 0; count < 10_000; count++) rare.warn("full", { error: "ENOSPC", action: String(count) });
  now = 60_000;
  rare.warn("full", { error: "ENOSPC" });
  rare.warn("full", { error: "ENOSPC" });
  expect(lines).toEqual([
    ["full", { error: "ENOSPC", action: "0" }],
    ["full", { error: "ENOSPC", repeated: 9999 }],
  ]);
});

test("another error or message is another line, at once", () => {
  const { log, lines } = listen();
  const rare = limitRepeats(log, () => 0);
  rare.error("full", { error: "ENOSPC" });
  rare.error("full", { error: "EROFS" });
  rare.error("locked", { error: "EROFS" });
  expect(lines.length).toBe(3);
});

test("what is remembered is bounded", () => {
  const { log, lines } = listen();
  const rare = limitRepeats(log, () => 0);
  for (let count = 0; count < 1000; count++) rare.error(`fault ${count}`);
  expect(lines.length).toBe(1000);
  rare.error("fault 999");
  expect(lines.length).toBe(1000);
});
