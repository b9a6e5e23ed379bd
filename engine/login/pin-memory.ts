// PINs that were right once are remembered, so that the next login need not wait for a password hash.
//
// Cache. Key: token id. Value: HMAC-SHA256 over PIN hash and PIN under a key of this process that is never written down.
// Bound: `limit` entries in two generations, the older dropped whole. Lifetime: the process. Invalidated by itself: the PIN
// hash is part of the value, so whatever changes the PIN, on any node, makes the entry worthless.
import { timingSafeEqual } from "node:crypto";

export interface PinMemory {
  /** Remembers the PIN if `verify` says it is right. Equal questions at the same moment wait for one answer. */
  check(tokenId: number, pinHash: string, pin: string, verify: () => Promise<boolean>): Promise<boolean>;
  /** Constant time in the content; false also means "not known". */
  knows(tokenId: number, pinHash: string, pin: string): boolean;
  readonly size: number;
}

/** `key`: 32 random bytes. `limit` 0 remembers nothing. */
export function createPinMemory(key: Uint8Array, limit: number): PinMemory {
  let young = new Map<number, Uint8Array>();
  let old = new Map<number, Uint8Array>();
  // Lengths first: no pair of hash and PIN runs into another.
  const mac = (pinHash: string, pin: string): Uint8Array =>
    new Bun.CryptoHasher("sha256", key).update(`${pinHash.length}:${pinHash}${pin}`).digest();

  function put(tokenId: number, value: Uint8Array): void {
    if (limit <= 0) return;
    if (young.size * 2 >= limit && !young.has(tokenId)) {
      old = young;
      young = new Map();
    }
    young.set(tokenId, value);
  }

  // Questions under way. Key: token id and MAC. Bound: the queue of the password hashes. Lifetime: one hash.
  const open = new Map<string, Promise<boolean>>();

  return {
    check(tokenId, pinHash, pin, verify) {
      const value = mac(pinHash, pin);
      const key = `${tokenId}:${value.toBase64()}`;
      const known = open.get(key);
      if (known) return known;
      const answer = verify()
        .then((right) => {
          if (right) put(tokenId, value);
          return right;
        })
        .finally(() => open.delete(key));
      open.set(key, answer);
      return answer;
    },
    knows(tokenId, pinHash, pin) {
      const known = young.get(tokenId) ?? old.get(tokenId);
      if (!known || !timingSafeEqual(known, mac(pinHash, pin))) return false;
      if (!young.has(tokenId)) put(tokenId, known);
      return true;
    },
    get size() {
      return young.size + old.size;
    },
  };
}
