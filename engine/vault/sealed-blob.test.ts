import { describe, expect, test } from "bun:test";
import { openBlob, SEAL_OVERHEAD, sealBlob } from "./sealed-blob.ts";
import { SealBrokenError } from "./vault.ts";

const KEY = new Uint8Array(32).map((_, i) => i * 7);
const NONCE = new Uint8Array(12).map((_, i) => 200 + i);
const CLEAR = new TextEncoder().encode("12345678901234567890");
const CONTEXT = "token|TOTP0001|key";
const find = (id: number) => (id === 0xdeadbeef ? KEY : undefined);
const seal = (clear = CLEAR) => sealBlob(KEY, 0xdeadbeef, NONCE, clear, CONTEXT);

describe("sealed blob", () => {
  test("opens to what was sealed, empty and large values included", () => {
    for (const size of [0, 1, 20, 65_537]) {
      const clear = new Uint8Array(size).fill(size & 0xff);
      const blob = seal(clear);
      expect(blob.length).toBe(size + SEAL_OVERHEAD);
      expect(new Uint8Array(openBlob(find, blob, CONTEXT))).toEqual(clear);
    }
  });

  test("layout: version, key id, nonce, ciphertext and tag, as WebCrypto's AES-GCM reads them", async () => {
    const blob = seal();
    expect([...blob.subarray(0, 5)]).toEqual([1, 0xde, 0xad, 0xbe, 0xef]);
    const key = await crypto.subtle.importKey("raw", KEY, "AES-GCM", false, ["decrypt"]);
    const parameters = { name: "AES-GCM", iv: blob.slice(5, 17), additionalData: new TextEncoder().encode(CONTEXT) };
    expect(new Uint8Array(await crypto.subtle.decrypt(parameters, key, blob.slice(17)))).toEqual(CLEAR);
  });

  test("a blob inside a larger buffer opens", () => {
    const blob = seal();
    const larger = new Uint8Array(blob.length + 20);
    larger.set(blob, 13);
    expect(new Uint8Array(openBlob(find, larger.subarray(13, 13 + blob.length), CONTEXT))).toEqual(CLEAR);
  });

  test("another context is refused: one key serves seeds, passwords and other values, each bound to its place (C02)", () => {
    for (const context of ["token|TOTP0002|key", "", `${CONTEXT} `, "token|TOTP0001|keÿ"]) {
      expect(() => openBlob(find, seal(), context)).toThrow(SealBrokenError);
    }
  });

  test("every single flipped bit is refused", () => {
    const blob = seal();
    for (let bit = 0; bit < blob.length * 8; bit++) {
      const altered = blob.slice();
      altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => openBlob(find, altered, CONTEXT)).toThrow(SealBrokenError);
    }
  });

  test("every truncation, and one byte more, is refused", () => {
    const blob = seal();
    for (let length = 0; length < blob.length; length++) {
      expect(() => openBlob(find, blob.subarray(0, length), CONTEXT)).toThrow(SealBrokenError);
    }
    const longer = new Uint8Array(blob.length + 1);
    longer.set(blob);
    expect(() => openBlob(find, longer, CONTEXT)).toThrow(SealBrokenError);
  });

  test("a key id the ring does not hold, and another key of the same id, are refused", () => {
    expect(() => openBlob(() => undefined, seal(), CONTEXT)).toThrow(SealBrokenError);
    expect(() => openBlob(() => new Uint8Array(32), seal(), CONTEXT)).toThrow(SealBrokenError);
  });
});
