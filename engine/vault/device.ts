// A security module as the rest of the vault sees it: AES-256-GCM under keys that never leave it, and random bytes. Calls block the
// thread that makes them, so only the vault's threads (and commands, which serve nobody) make any. The one implementation is
// pkcs11/device.ts.
import { DeviceUnavailableError } from "./vault.ts";

/** Where the module is and how to get in; the settings keys.pkcs11_*. */
export interface DeviceSettings {
  /** Path of the PKCS#11 library. */
  module: string;
  /** -1: the only one with a token (A44). */
  slot: number;
  /** Empty: by `slot`. */
  tokenLabel: string;
  /** Label of the keys we make (A48). */
  keyLabel: string;
  /** Empty: the PIN comes by POST /system/hsm. */
  pinFile: string;
  /** How often an operation is tried anew when the module fails (A47, C11). */
  retries: number;
  /** Milliseconds after which a job is answered without the module. */
  timeout: number;
}

/** How a key is found in the module. */
export interface DeviceKeyName {
  /** CKA_LABEL */
  label: string;
  /** CKA_ID in hex; two keys may share a label. */
  ckaId: string;
}

/** A module as seen by one thread. Every method throws DeviceUnavailableError when the module does not answer or nobody is logged in. */
export interface Device {
  /** Ciphertext and 16-byte tag. */
  encrypt(key: DeviceKeyName, nonce: Uint8Array, clear: Uint8Array, associated: Uint8Array): Uint8Array;
  /** Null: altered, or sealed under another key or other associated data. The caller wipes the result. */
  decrypt(key: DeviceKeyName, nonce: Uint8Array, sealed: Uint8Array, associated: Uint8Array): Uint8Array | null;
  random(length: number): Uint8Array;
  /**
   * The name of a key of this label for a new use: with `adopt` one that is there already (some modules let an operator make keys
   * and nobody else), else one that the module makes now.
   */
  provideKey(label: string, adopt: boolean): DeviceKeyName;
  /** Throws as above if the module can not work with this key now. */
  probe(key: DeviceKeyName): void;
  /** After a fault every call fails at once, until this opened a new session. */
  reconnect(): void;
}

/** The module as seen by the one thread of a process that starts it and logs in (PKCS#11 logs in a process, not a thread). */
export interface DeviceOwner extends Device {
  /** Someone has to log in: false if this process is logged in already, or the token asks for no PIN. */
  needsLogin(): boolean;
  /** Throws PinRefusedError. */
  login(pin: string): void;
  /** The token says that one more wrong PIN locks it. */
  isLastTry(): boolean;
  /** Ends the module for the whole process and starts it anew: the last resort, for a token that was taken out and put back. */
  restart(): void;
  close(): void;
}

/** A seal key inside a module. `device` is null where no module is configured. */
export interface DeviceKey extends DeviceKeyName {
  readonly device: Device | null;
}

/** The module behind a key. Throws DeviceUnavailableError if there is none. */
export function deviceOf(key: DeviceKey): Device {
  if (key.device === null) throw new DeviceUnavailableError("none is configured: the setting keys.pkcs11_module names it");
  return key.device;
}
