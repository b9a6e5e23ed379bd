// How the keeper gets into a security module and back into it. The module knows one login for the whole process, so the keeper alone
// logs in; the workers open sessions of their own and ask the keeper to mend what fails (handover.ts).
//
//   out ── settle(): module, token, PIN ─▶ in ── a fault ─▶ mend(): session, login, restart of the module ─▶ in
//    │  ◀──────────────────────────────────────────── all of it failed ── settle() every second, then less often ┘
//    └─ no PIN, or the token refused it ─▶ waits for a person: a PIN is never tried twice after it was refused
import type { DeviceKeyName, DeviceOwner, DeviceSettings } from "./device.ts";
import { openDeviceOwner } from "./pkcs11/device.ts";
import { readSecretFile } from "./secret-file.ts";
import { DeviceUnavailableError, PinRefusedError } from "./vault.ts";

export interface DeviceLogin {
  readonly device: DeviceOwner;
  /** Why the module can not be used now; null: it can. */
  readonly fault: string | null;
  /** Nobody but a person can help: a PIN is needed. */
  readonly needsPin: boolean;
  /** Gets in, or says in `fault` why not. One try; with `restart` a second one after the module was restarted. `key`: what must work then. */
  settle(key?: DeviceKeyName | null, restart?: boolean): void;
  /** One try with another PIN, which is kept in memory if it is right. False: refused. Throws DeviceUnavailableError. */
  tryPin(pin: string): boolean;
  /** After a fault, with the retries of the settings and a restart of the module at last. `key`: what must work then. False: it stays out. */
  mend(key: DeviceKeyName | null): Promise<boolean>;
}

/** Milliseconds before the second try; they double. The first is at once: mostly only a session was lost. */
const FIRST_PAUSE = 20;
/** What was found out of order within so many milliseconds is not examined again for the next who asks. */
const REMEMBER = 500;

/** Nothing is called before `settle`. `sleep` waits without holding the thread. */
export function createDeviceLogin(
  settings: DeviceSettings,
  gate: Int32Array,
  sleep: (milliseconds: number) => Promise<void>,
): DeviceLogin {
  const device = openDeviceOwner(settings, gate);
  let pin: string | null = null;
  let refused: string | null = null;
  let needsPin = false;
  let fault: string | null = "the security module was not asked yet";
  let failedTick = Number.NEGATIVE_INFINITY;

  function enter(): void {
    needsPin = false;
    device.reconnect();
    if (!device.needsLogin()) return;
    pin ??= readPin(settings.pinFile);
    if (refused !== null || pin === null) {
      needsPin = true;
      throw new DeviceUnavailableError(refused ?? "the token waits for its PIN");
    }
    if (device.isLastTry()) {
      needsPin = true;
      throw new DeviceUnavailableError("one more wrong PIN locks the token, so the stored one is not tried");
    }
    try {
      device.login(pin);
    } catch (error) {
      if (error instanceof PinRefusedError) {
        needsPin = true;
        refused = error.message;
        pin = null;
      }
      throw error;
    }
  }

  function work(key: DeviceKeyName | null): void {
    enter();
    if (key) device.probe(key);
  }

  function workAnew(key: DeviceKeyName | null): void {
    device.restart();
    work(key);
  }

  function attempt(run: () => void): boolean {
    try {
      run();
      fault = null;
      return true;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      fault = error.message;
      failedTick = performance.now();
      return false;
    }
  }

  return {
    device,
    get fault() {
      return fault;
    },
    get needsPin() {
      return needsPin;
    },
    settle(key = null, restart = false) {
      if (!attempt(() => work(key)) && restart && !needsPin) attempt(() => workAnew(key));
    },
    tryPin(given) {
      device.reconnect();
      try {
        device.login(given);
      } catch (error) {
        if (error instanceof PinRefusedError) return false;
        throw error;
      }
      pin = given;
      refused = null;
      needsPin = false;
      fault = null;
      return true;
    },
    async mend(key) {
      if (fault !== null && performance.now() - failedTick < REMEMBER) return false;
      for (let round = 0; round <= settings.retries; round++) {
        if (round > 0) await sleep(FIRST_PAUSE * 2 ** (round - 1));
        if (attempt(() => work(key))) return true;
        if (needsPin) return false;
      }
      return attempt(() => workAnew(key));
    },
  };
}

/** The first line; null without a file. Throws KeyFileError for a file others can read, else what the system says. */
function readPin(path: string): string | null {
  if (path === "") return null;
  return readSecretFile(path).split(/\r?\n/)[0] ?? "";
}
