// The keeper: one thread of its own that holds the open key ring and does nothing else, so it outlives the workers that do the work.
// It runs the scrypt of each attempt to unlock, logs in to the security module, and makes every change of the ring. It is started
// when the ring is not simply readable, and for changes.
//
//   locked ── passphrase, PIN, module ──▶ open          (never back: restart to lock)
//
// The file is looked at again whenever it was replaced, by us or by a command in another process.
import { parentPort, workerData } from "node:worker_threads";
import { createDeviceLogin } from "./device-login.ts";
import { type HandedRing, serveRing } from "./handover.ts";
import type { WorkerSettings } from "./jobs.ts";
import { describeRing, findDeviceKey } from "./key-ring.ts";
import { checkPairs, readRingFile, ringPath } from "./keys.ts";
import { applyEdit } from "./ring-edit.ts";
import type { RingEdit, RingInfo } from "./ring-info.ts";
import { closeRing, openByDevice, openByPassphrase, openBySeal, type RingSeal } from "./ring-seal.ts";
import { replaceFile, stampOf } from "./secret-file.ts";
import { DeviceUnavailableError, VaultLockedError } from "./vault.ts";

/** Asked by the event loop; one reply each, in order. */
export type KeeperRequest = { unlock: string } | { edit: RingEdit } | { describe: true };
export type KeeperReply = { opened: boolean } | { info: RingInfo } | { fault: string; kind: "file" | "locked" | "device" };

/** Told without being asked, whenever it changed. */
export interface KeeperNews {
  open: boolean;
  /** Why the ring is locked, or, if it is open, why keys in the security module can not be used. */
  reason: string | null;
  /** Nobody can unlock it now: the security module does not answer. */
  deviceAway: boolean;
}

interface OpenRing {
  text: string;
  seal: RingSeal;
  /** Of the file it was read from. */
  stamp: string;
}

/** When a security module that is away is looked for again, milliseconds; the pause doubles up to the second value. */
const LOOK_AGAIN = [1000, 10_000] as const;

const { keysDirectory, keeperChannel, keeperOpen, device: deviceSettings, deviceGate } = workerData as WorkerSettings;
const path = ringPath(keysDirectory);
const sleep = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));
const login = deviceSettings && createDeviceLogin(deviceSettings, deviceGate, sleep);
let ring: OpenRing | null = null;
/** The file was sealed anew, and what opened the old one does not open it. */
let outdated = false;
let told = "";
let mending: Promise<boolean> | null = null;
let line: Promise<unknown> = Promise.resolve();

serveRing(keeperChannel, readOpenRing, mend);
parentPort?.on("message", (request: KeeperRequest) => {
  line = line.then(async () => parentPort?.postMessage(await answer(request)));
});
enqueue(() => settle());
lookAgain(LOOK_AGAIN[0]);

/** Looks after a module that is away; a person's turn it is where a PIN is needed. */
function lookAgain(pause: number): void {
  setTimeout(() => {
    const isAway = login !== null && !login.needsPin && usesDevice() && (login.fault !== null || !isOpen());
    if (isAway) enqueue(() => settle(true));
    lookAgain(isAway ? Math.min(2 * pause, LOOK_AGAIN[1]) : LOOK_AGAIN[0]);
  }, pause);
}

function enqueue(work: () => void): void {
  line = line.then(work).catch(() => undefined);
}

async function answer(request: KeeperRequest): Promise<KeeperReply> {
  try {
    if ("unlock" in request) return { opened: await unlock(request.unlock) };
    if ("edit" in request) await edit(request.edit);
    return { info: describe() };
  } catch (fault) {
    const kind = fault instanceof VaultLockedError ? "locked" : fault instanceof DeviceUnavailableError ? "device" : "file";
    return { fault: (fault as Error).message, kind };
  }
}

/** False: neither the passphrase nor the PIN that is waited for. */
async function unlock(secret: string): Promise<boolean> {
  const { text, form } = readRingFile(keysDirectory);
  const stamp = stampOf(path);
  if (form === "passphrase" && (ring === null || outdated || login === null || !login.needsPin)) {
    const opened = await openByPassphrase(text, secret);
    if (opened === null) return false;
    keep(opened.ring, opened.seal, stamp);
  } else if (login?.needsPin && !login.tryPin(secret)) return false;
  settle();
  return true;
}

/** Gets as far as possible with what is there, and tells the event loop. */
function settle(restart = false): void {
  try {
    if (ring === null || stampOf(path) !== ring.stamp) reread();
    // A module that came back, or was never asked.
    if (login?.fault && usesDevice()) login.settle(ring && findDeviceKey(ring.text), restart);
    if (ring === null && login !== null && login.fault === null) reread();
    tell(null);
  } catch (fault) {
    tell((fault as Error).message);
  }
}

/** Opens the file by what is at hand. Leaves `ring` as it is where that does not do. Throws KeyFileError for a damaged file. */
function reread(): void {
  const stamp = stampOf(path);
  const { text, form } = readRingFile(keysDirectory);
  if (form === "plain") keep(text, { form: "plain" }, stamp);
  else if (form === "device") {
    if (!login) return;
    login.settle(); // a new session, too, if the last try to open it broke the old one
    if (login.fault) return;
    const opened = openByDevice(text, login.device);
    keep(opened.ring, opened.seal, stamp);
  } else if (ring !== null) {
    const again = openBySeal(text, ring.seal);
    if (again === null) outdated = true;
    else keep(again, ring.seal, stamp);
  }
}

function keep(text: string, seal: RingSeal, stamp: string): void {
  checkPairs(keysDirectory, text);
  ring = { text, seal, stamp };
  outdated = false;
}

/** For the workers: the ring as the file has it by now. Null while it is locked. */
function readOpenRing(): HandedRing | null {
  if (ring !== null && stampOf(path) !== ring.stamp) settle();
  return ring !== null && isOpen() ? { text: ring.text, outdated } : null;
}

/** Is any key that matters in the module? Asked while nothing is known as well. */
function usesDevice(): boolean {
  if (ring !== null) return findDeviceKey(ring.text, true) !== null;
  try {
    return readRingFile(keysDirectory).form === "device";
  } catch {
    return false;
  }
}

function isOpen(): boolean {
  // Opened once, it stays: a module that fails later is the affair of the jobs that need it.
  if (Atomics.load(keeperOpen, 0) === 1) return true;
  return ring !== null && (!usesDevice() || login?.fault === null);
}

async function edit(change: RingEdit): Promise<void> {
  if (ring === null || stampOf(path) !== ring.stamp) settle();
  if (ring === null || outdated || !isOpen()) throw new VaultLockedError("the key ring is locked: unlock it first");
  if (login?.fault) login.settle();
  const changed = await applyEdit(change, ring.text, ring.seal, login?.device ?? null);
  replaceFile(path, closeRing(changed.ring, changed.seal));
  keep(changed.ring, changed.seal, stampOf(path));
  tell(null);
}

function describe(): RingInfo {
  if (ring === null || stampOf(path) !== ring.stamp) settle();
  const { form } = readRingFile(keysDirectory);
  if (ring === null) return { form, open: false, active: null, keys: [] };
  return { form, open: isOpen(), ...describeRing(ring.text) };
}

function mend(): Promise<boolean> {
  if (!login) return Promise.resolve(false);
  mending ??= login.mend(ring && findDeviceKey(ring.text)).finally(() => {
    mending = null;
    tell(null);
  });
  return mending;
}

function tell(fileFault: string | null): void {
  const open = isOpen();
  Atomics.store(keeperOpen, 0, open ? 1 : 0);
  const deviceFault = login && usesDevice() ? login.fault : null;
  const news: KeeperNews = {
    open,
    deviceAway: deviceFault !== null && !login?.needsPin,
    reason: fileFault ?? deviceFault ?? whyLocked(open),
  };
  const text = JSON.stringify(news);
  if (text === told) return;
  told = text;
  parentPort?.postMessage({ news });
}

function whyLocked(open: boolean): string | null {
  if (outdated) return "the key ring was sealed by another passphrase meanwhile: send that one to POST /system/hsm";
  if (open) return null;
  if (!login && usesDevice())
    return "the key ring needs a key in a security module, and none is configured: the setting keys.pkcs11_module names it";
  return "the key ring is locked: unlock it with POST /system/hsm";
}
