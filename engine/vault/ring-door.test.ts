import { expect, test } from "bun:test";
import { EventEmitter } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Answer, FastJob, RingNews } from "./jobs.ts";
import { createKeys } from "./keys.ts";
import type { Lane } from "./lane.ts";
import { makeGate } from "./pkcs11/gate.ts";
import { openRingDoor } from "./ring-door.ts";

test("not ready while a worker is without the ring, or behind; one that is gone does not count", async () => {
  const directory = join(mkdtempSync(join(tmpdir(), "ostiary-door-")), "keys");
  await createKeys(directory);
  const pool = Object.assign(new EventEmitter(), { threads: [{ threadId: 1 }] });
  let answer = Promise.withResolvers<Answer>();
  const lane = { pool, run: () => answer.promise } as unknown as Lane<FastJob>;
  const door = openRingDoor(lane, 1, {
    keysDirectory: directory,
    keeperChannel: `test-${crypto.randomUUID()}`,
    keeperOpen: new Int32Array(new SharedArrayBuffer(4)),
    device: null,
    deviceGate: makeGate(),
    cost: { memoryKib: 8, iterations: 1 },
  });
  const tell = (ring: RingNews["ring"], threadId: number) => pool.emit("message", { ring, threadId, message: "" });
  const becomeReady = async () => {
    while (!door.ready) await Bun.sleep(1);
  };

  tell("open", 1);
  await door.settled;
  expect([door.unlocked, door.ready]).toEqual([true, true]);

  pool.threads = [{ threadId: 2 }];
  tell("locked", 2);
  expect([door.unlocked, door.ready]).toEqual([true, false]);
  answer.resolve({ ok: true, value: 2 } as Answer);
  await becomeReady();

  answer = Promise.withResolvers<Answer>();
  tell("behind", 2);
  expect([door.ready, door.reason]).toEqual([false, expect.stringContaining("POST /system/hsm")]);
  pool.threads = [{ threadId: 3 }];
  expect([door.ready, door.reason]).toEqual([true, null]);

  await door.stop();
  rmSync(join(directory, ".."), { recursive: true });
});
