// The public half of the audit key for node:crypto.
import { createPublicKey, type KeyObject } from "node:crypto";

/** `raw`: Ed25519, 32 bytes. */
export function toAuditPublicKey(raw: Uint8Array): KeyObject {
  const x = raw.toBase64({ alphabet: "base64url", omitPadding: true });
  return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
}
