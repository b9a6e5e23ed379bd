// The key ring of one fast worker, and how it keeps up with its file.
//
//   plain ring ──────────────────────────────────▶ open
//   sealed ring, or keys in a module ── ask keeper ─▶ open | locked
//   open ── the file was replaced, and can not be opened by what the keeper has ─▶ behind: the older ring goes on
//
// A ring file is durable before the first value under its new key (services/key-rotation.ts), so it is enough to look at the file
// before anything is sealed, and when a value names a key the ring has not.
import type { Device } from "./device.ts";
import { fetchRing, type HandedRing } from "./handover.ts";
import type { WorkerSettings } from "./jobs.ts";
import { findDeviceKey, type KeyRing, parseRing } from "./key-ring.ts";
import { readRingFile, ringPath } from "./keys.ts";
import { stampOf } from "./secret-file.ts";

export interface WorkerRing {
  /** Null while it is locked. */
  readonly current: KeyRing | null;
  /** The file is newer, and nobody has opened it. */
  readonly behind: boolean;
  /** The file was replaced since it was read. 3 µs. */
  hasChanged(): boolean;
  /** Reads the ring, or asks the keeper for it. Throws KeyFileError if the file is not usable. */
  open(): Promise<void>;
  /** After a change: what can not be read now leaves the ring as it is. */
  reopen(): Promise<void>;
}

/** The keeper answers in a millisecond; after this the worker starts locked and asks again later. */
const KEEPER_PATIENCE = 2000;

export function createWorkerRing(settings: WorkerSettings, device: Device | null): WorkerRing {
  const path = ringPath(settings.keysDirectory);
  let current: KeyRing | null = null;
  /** Of the file that `current` came from. */
  let stamp = "";
  let behind = false;

  async function open(): Promise<void> {
    const seen = stampOf(path);
    const file = readRingFile(settings.keysDirectory);
    const isReadable = file.form === "plain" && findDeviceKey(file.text, true) === null;
    const handed = isReadable ? { text: file.text, outdated: false } : await askKeeper();
    behind = current !== null || handed !== null ? (handed?.outdated ?? true) : false;
    if (handed === null || (behind && current !== null)) return;
    current = parseRing(handed.text, device);
    if (!behind) stamp = seen;
  }

  async function askKeeper(): Promise<HandedRing | null> {
    return Atomics.load(settings.keeperOpen, 0) === 1 ? fetchRing(settings.keeperChannel, KEEPER_PATIENCE) : null;
  }

  return {
    get current() {
      return current;
    },
    get behind() {
      return behind;
    },
    hasChanged: () => stampOf(path) !== stamp,
    open,
    async reopen() {
      await open().catch(() => undefined);
    },
  };
}
