// The closed union of what crosses to the workers, besides packed batches. Plain data only; every job can be repeated.
import type { DeviceSettings } from "./device.ts";
import type { HashCost } from "./password-cost.ts";
import type { SealedValue } from "./vault.ts";

/** What the workers of both lanes are started with. Paths, names and numbers; never a key. */
export interface WorkerSettings {
  keysDirectory: string;
  /** Name of the channel on which the keeper hands out an unlocked ring (handover.ts). */
  keeperChannel: string;
  /** One number shared by all threads: 1 while the keeper has the ring open. Asking before that would be waiting for nobody. */
  keeperOpen: Int32Array;
  /** The security module, if one is configured, and the gate before it (pkcs11/gate.ts). */
  device: DeviceSettings | null;
  deviceGate: Int32Array;
  cost: HashCost;
}

export type FastJob =
  | { kind: "batch"; bytes: Uint8Array<ArrayBuffer> }
  | { kind: "open-ring" } // answers its thread id
  | { kind: "seal"; clear: Uint8Array; context: string }
  | { kind: "unseal"; sealed: Uint8Array; context: string }
  | { kind: "reseal"; values: readonly SealedValue[] }
  | { kind: "new-seed"; length: number; context: string }
  | { kind: "session-mac"; message: Uint8Array }
  | { kind: "sign-response"; message: Uint8Array }
  | { kind: "sign-audit"; message: Uint8Array };

export type DearJob =
  | { kind: "idle" }
  | { kind: "verify"; password: string; hash: string; peppered: boolean }
  | { kind: "hash"; password: string; peppered: boolean }
  | { kind: "qr"; texts: readonly string[] };

/** The answer to `verify`; `ms`: without the wait for a worker. */
export interface Verified {
  matches: boolean;
  ms: number;
}

/** Faults travel as values: what a pool rejects with is then always a lost worker, and may be tried again. */
export type Answer =
  | { ok: true; value: unknown }
  | { ok: false; fault: "broken" | "locked" | "device" | "range" | "internal"; message: string };

/**
 * Sent by each fast worker at its start: it has the key ring, it needs a passphrase, or its files are not usable; and later, when it
 * meets a value under a key of a newer ring that nobody has opened yet.
 */
export interface RingNews {
  ring: "open" | "locked" | "failed" | "behind";
  threadId: number;
  message: string;
}
