import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LogSync, openLogSync } from "./log-sync.ts";

function scratch(makeLog: (path: string) => void): { path: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), "ostiary-log-sync-"));
  const path = join(folder, "x.db");
  makeLog(`${path}-wal`);
  return { path, remove: () => rmSync(folder, { recursive: true }) };
}

const durable = (sync: LogSync) => new Promise<Error | null>((resolve) => sync.whenDurable(resolve));

test("groups written while the disk works share the next call", async () => {
  const { path, remove } = scratch((log) => writeFileSync(log, "frames"));
  const sync = openLogSync(path);
  expect(await Promise.all(Array.from({ length: 50 }, () => durable(sync)))).toEqual(Array(50).fill(null));
  expect(sync.count).toBe(2);
  sync.close();
  remove();
});

test("a group written after the call began is not covered by it", async () => {
  const { path, remove } = scratch((log) => writeFileSync(log, "frames"));
  const sync = openLogSync(path);
  const order: string[] = [];
  const first = durable(sync).then(() => order.push(`first after ${sync.count}`));
  const second = durable(sync).then(() => order.push(`second after ${sync.count}`));
  await Promise.all([first, second]);
  expect(order).toEqual(["first after 2", "second after 2"]);
  sync.close();
  remove();
});

test("after a failure nothing counts as durable again", async () => {
  // A device can not be synced: fdatasync says EINVAL.
  const { path, remove } = scratch((log) => symlinkSync("/dev/null", log));
  const sync = openLogSync(path);
  const failures = [await durable(sync), await durable(sync)];
  expect(failures.map((failure) => (failure as NodeJS.ErrnoException | null)?.code)).toEqual(["EINVAL", "EINVAL"]);
  expect(sync.count).toBe(1);
  sync.close();
  remove();
});
