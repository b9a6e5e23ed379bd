// Sealing and opening with an open key ring: what the fast workers do for single values.
import { randomBytes } from "node:crypto";
import type { KeyRing } from "./key-ring.ts";
import { openBlob, sealBlob } from "./sealed-blob.ts";
import type { SealedSecret } from "./vault.ts";

/** Seals under the active key. */
export function sealValue(ring: KeyRing, clear: Uint8Array, context: string): Uint8Array {
  const key = ring.sealKeys.get(ring.activeId);
  if (key === undefined) throw new Error("the key ring has no active key");
  return sealBlob(key, ring.activeId, randomBytes(12), clear, context);
}

/** Throws SealBrokenError, and as device.ts says. */
export function openValue(ring: KeyRing, sealed: Uint8Array, context: string): Uint8Array {
  return new Uint8Array(openBlob((id) => ring.sealKeys.get(id), sealed, context));
}

/**
 * `length` random bytes and their seal. Where the active key lies in a module, the module's generator is mixed in (C01): the seed is
 * as good as the better of the two.
 */
export function makeSeed(ring: KeyRing, length: number, context: string): SealedSecret {
  const clear = new Uint8Array(randomBytes(length));
  const key = ring.sealKeys.get(ring.activeId);
  if (key && !(key instanceof Uint8Array) && key.device) {
    const other = key.device.random(length);
    for (const [index, byte] of other.entries()) clear[index] = (clear[index] ?? 0) ^ byte;
  }
  return { sealed: sealValue(ring, clear, context), clear };
}
